"""Long-term tracking: a tracker that may lose its target, say so, and find it again."""
