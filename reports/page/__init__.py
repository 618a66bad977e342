"""The HTML report: one self-contained page that works offline and from the keyboard."""
