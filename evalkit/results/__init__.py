"""Raw results: how they are stored, and how other toolkits' trees are read."""
