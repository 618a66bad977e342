"""The network as equations: pure torch, no files, no images."""
