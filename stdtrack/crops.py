"""The geometry of search windows, for tracker and training alike."""
