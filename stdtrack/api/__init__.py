"""The verbs of the front door that need several packages: one file a family of verbs."""
