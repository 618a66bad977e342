"""STDTrack: the tracker, and the command line that joins it with evaluation, profiling and reports."""

__version__ = "0.1.0"
