"""``demo``: a small synthetic benchmark with exact boxes, rendered on the spot, in GOT-10k's layout.

Every sequence has one difficulty: motion, fast motion, scale change, rotation, occlusion, distractors, absence; the
last has several. It shows that everything works and how trackers fail; its figures compare with nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from evalkit.benchmarks.attributes import Attributes
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.synthetic.scenes import SCENES

_ATTRIBUTES: Mapping[str, frozenset[str]] = {scene.name: scene.attributes for scene in SCENES}


class Demo(GOT10k):
    """The synthetic benchmark, as :func:`evalkit.benchmarks.synthetic.writer.render` wrote it."""

    name = "demo"
    title = "Demo (synthetic)"
    folders = ("demo",)
    family = "demo"
    published = False
    data_folders = ()
    submission = None
    option_names = ()
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    variants = ({},)

    def official_names(self) -> tuple[str, ...]:
        """The scenes."""
        return tuple(_ATTRIBUTES)

    def list_is_official(self) -> bool:
        """The list is the program's own."""
        return True

    @cached_property
    def attributes(self) -> Attributes:
        """Of the scenes."""
        return Attributes(_ATTRIBUTES, "the scenes as they are rendered")
