"""``demo``: a small synthetic benchmark with exact boxes, rendered on the spot, in GOT-10k's layout.

Every sequence has one difficulty of real video, the last has several. It shows that everything works, how trackers
fail, and which are of which strength (``docs/demo.md``); its figures compare with nothing else.

``demo_lt`` is the same of a target that leaves: for good, to come back elsewhere, smaller, or beside a look-alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from evalkit.benchmarks.attributes import Attributes
from evalkit.benchmarks.got10k import GOT10k
from evalkit.benchmarks.synthetic.challenges import DEMO, DEMO_LONG_TERM, Challenges


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
    challenges: ClassVar[Challenges] = DEMO

    def official_names(self) -> tuple[str, ...]:
        """The scenes."""
        return tuple(self.challenges)

    def list_is_official(self) -> bool:
        """The list is the program's own."""
        return True

    @cached_property
    def attributes(self) -> Attributes:
        """Of the scenes."""
        return Attributes(self.challenges, "the scenes as they are rendered")


class DemoLongTerm(Demo):
    """The synthetic long-term benchmark, as :func:`evalkit.benchmarks.synthetic.writer.render_long_term` wrote it."""

    name = "demo_lt"
    title = "Demo, long-term (synthetic)"
    folders = ("demolt",)
    family = "demo-lt"
    challenges = DEMO_LONG_TERM
