"""How much a tracker takes: corrupted video, perturbed starts, time limits, attacks; and what of its score is left."""
