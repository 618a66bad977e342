"""Which rows of an annotation or a result are the frames that the official evaluation scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ClipRange:
    """The images of a clip that a benchmark's list gives to one sequence.

    Attributes:
        first, last: numbers of its first and its last image, from 1.
        omitted: how many of them the official evaluation leaves out at the start.
    """

    first: int
    last: int
    omitted: int = 0

    @classmethod
    def of(cls, facts: Mapping[str, str]) -> ClipRange | None:
        """From a row of a list; None where it has no ``first`` and ``last``.

        >>> ClipRange.of({"first": "300", "last": "770"})
        ClipRange(first=300, last=770, omitted=0)
        """
        if "last" not in facts:
            return None
        return cls(int(facts["first"]), int(facts["last"]), int(facts.get("omitted", 0)))

    @property
    def start(self) -> int:
        """Number of the first image that is scored."""
        return self.first + self.omitted

    @property
    def length(self) -> int:
        """How many frames are scored."""
        return self.last - self.start + 1

    def offsets(self, annotated: int) -> Mapping[int, int]:
        """Where the first scored frame lies in files of other lengths: rows of the file -> rows before that frame.

        A file may have a row for each scored frame, for each image of the list, or for each image of the clip from its
        first to the last of the list. An annotation of a list that begins with the clip may also go on after its end.

        Args:
            annotated: rows of the annotation.

        >>> ClipRange(1, 354, omitted=5).offsets(354), ClipRange(300, 770).offsets(471)
        ({349: 0, 354: 5}, {471: 0, 770: 299})
        """
        known = {self.length: 0, self.length + self.omitted: self.omitted, self.last: self.start - 1}
        if self.first == 1 and annotated > self.last:
            known[annotated] = self.omitted
        return known
