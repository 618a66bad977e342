"""Named variants of the network as frozen dataclasses."""
