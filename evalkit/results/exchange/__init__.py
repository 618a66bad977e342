"""Results and annotation to and from other tools: a clip with its tracks, one file a format, found by entry point."""
