"""Footage in, pictures out: what a video, a folder, a camera or a stream shows, followed by one tracker or several.

``footage`` and ``live`` open sources, ``following`` runs trackers over them, ``drawing`` marks what was found,
``outputs`` writes videos, GIFs and strips of frames, ``window`` shows them and takes a box from the mouse. One frame
is in memory at a time, however long the source is; what needs more says how much.
"""
