"""Training: clips, augmentation, losses, the loop."""
