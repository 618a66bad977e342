"""The Tracker protocol, specs that name trackers, and adapters to other libraries."""
