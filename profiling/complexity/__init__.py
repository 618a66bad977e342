"""Parameters, MACs and FLOPs, counted on one step."""
