"""Results and annotations under named protocols, as scores."""
