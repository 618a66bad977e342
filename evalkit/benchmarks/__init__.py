"""One file a benchmark: its layout, annotation rules, sequences and official protocol."""
