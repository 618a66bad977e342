"""What a benchmark's evaluation server takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Submission:
    """The archive that the server of a test set takes.

    Attributes:
        total: number of sequences in the test set.
        member: form of the paths of sequences of this benchmark, wherever in an archive they lie.
        box_format: printf format of each of x, y, w, h.
        in_folders: results are ``<sequence>/<sequence>_001.txt``, one for each repetition, beside the seconds of each
            frame in ``<sequence>/<sequence>_time.txt``; otherwise a result is ``<sequence>.txt`` in the root.
        flat: form of the name of a result or time file without its folder: groups sequence and repetition or ``_time``.
        ending: of results; ``.csv``: each is a table of predictions instead of rows x, y, w, h.
        any_folder: all of it may lie in one folder of whatever name.
        options: of the benchmark, to open its test set.
        names: the sequences of the test set; empty where they are the benchmark's list.
    """

    total: int
    member: re.Pattern[str]
    box_format: str
    in_folders: bool = False
    flat: re.Pattern[str] | None = None
    ending: str = ".txt"
    any_folder: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def layout(self) -> str:
        """What the archive's root must hold."""
        return "<sequence>/<sequence>_001.txt and _time.txt" if self.in_folders else f"<sequence>{self.ending}"
