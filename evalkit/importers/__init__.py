"""Other people's raw results: flat folders, trees of pytracking, OSTrack, got10k, pysot and VOT, archives of these."""
