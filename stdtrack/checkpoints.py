"""Weights on disk: safetensors together with the config that made them."""
