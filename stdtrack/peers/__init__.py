"""Published trackers as networks of our own hand, equal to the official code; one file a family."""
