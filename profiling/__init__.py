"""Parameters, operations, latency, memory and energy of any tracker, on any backend."""
