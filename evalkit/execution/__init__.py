"""How a run is carried out: workers that may fail alone, locks, read-ahead, shards, clusters."""
