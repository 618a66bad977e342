"""``demo``: a small synthetic benchmark with exact boxes, rendered on the spot, in GOT-10k's layout.

Every sequence has one difficulty: motion, fast motion, scale change, rotation, occlusion, distractors, absence; the
last has several. It shows that everything works and how trackers fail; its figures compare with nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evalkit.benchmarks.base import Source
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.scenes import SCENES
from evalkit.sequence import Sequence

_ATTRIBUTES: Mapping[str, frozenset[str]] = {scene.name: scene.attributes for scene in SCENES}


class Demo(GOT10k):
    """The synthetic benchmark, as :func:`evalkit.benchmarks.demo_writer.render` wrote it."""

    name = "demo"
    title = "Demo (synthetic)"
    folders = ("demo",)
    option_names = ()
    variants = ({},)

    def official_names(self) -> tuple[str, ...]:
        """The scenes."""
        return tuple(_ATTRIBUTES)

    def list_is_official(self) -> bool:
        """The list is the program's own."""
        return True

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence, with the attributes of its scene."""
        return replace(super().load(name, source), attributes=_ATTRIBUTES.get(name, frozenset()))
