"""Training: clips, augmentation, losses, the loop, checkpoints, validation by tracking."""
