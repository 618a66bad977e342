"""Time and memory of a step, measured in interleaved rounds."""
