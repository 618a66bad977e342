"""The inside of the scoring loop: knobs, per-frame measuring, aggregation, and why two rules differ."""
