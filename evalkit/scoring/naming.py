"""How trackers are called, and in which order they stand, wherever they are shown; results keep their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.shown import one_line, shown_names
from evalkit.suggestions import nearest, suggestion
from evalkit.trackers.folders import folder_name

if TYPE_CHECKING:
    from evalkit.scoring.scores import BenchmarkScore

_SETTING = re.compile(r"(?P<name>.*?)(?P<setting>( \[[^\[\]]*\])?( x\d+)?)", re.DOTALL)
"""A tracker of a profile: its name, and perhaps ``[backend]`` and ``x`` with the number of threads."""
_NEAR = 0.8
"""How alike a tracker must be to what a project names so that it is asked whether it was meant."""


@dataclass(frozen=True)
class Naming:
    """What a user asks for.

    Attributes:
        labels: label by tracker; a tracker is named as its results name it, or by its folder.
        texts: the same as ``TRACKER=Label``, as the command line takes them; either side may hold a ``=``.
        order: trackers or labels that stand first, in this order; the others follow in their own.
        highlight: trackers or labels that are drawn bold and stand first in legends.
        project: what a project asks for always. Trackers of it that are not there do not count, and each of the other
            fields comes before it.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()
    project: Naming | None = None

    def tracker_of(self, name: str, results: Path) -> str:
        """The tracker that has the label ``name``; ``name`` itself where none has, or where it has results itself."""
        if any((results / folder).exists() for folder in (folder_name(name), name)):
            return name
        pairs = [*(self.project.labels.items() if self.project else ()), *self.labels.items()]
        pairs += [(text[: -len(name) - 1], name) for text in self.texts if text.endswith(f"={name}")]
        trackers: dict[str, str] = {label: tracker for tracker, label in pairs}
        return trackers.get(name, name)


@dataclass(frozen=True)
class Named:
    """The trackers at hand as they are shown; without labels, all under their own names.

    Attributes:
        labels: what each tracker is shown as; empty where all keep their names.
        former: what each label's tracker would be shown as without one: colours and markers follow from it.
        order: labels that stand first.
        highlight: labels that are drawn bold.
        remarks: what was perhaps meant otherwise, a line each.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def label(self, tracker: str) -> str:
        """A tracker's label, with the setting that a profile adds to its name."""
        return _mapped(tracker, self.labels)

    def former_name(self, label: str) -> str:
        """The inverse of :meth:`label`."""
        return _mapped(label, self.former)

    def highlights(self, label: str) -> bool:
        """The tracker is drawn bold."""
        return label in self.highlight or base_name(label) in self.highlight

    def arranged(self, labels: Iterable[str]) -> list[str]:
        """Labels in the order that was asked for, the others after them as they were.

        >>> Named(order=("c", "a")).arranged(["a", "b", "c"])
        ['c', 'a', 'b']
        """
        return sorted(labels, key=self._position)

    def legend(self, labels: Iterable[str]) -> list[str]:
        """The same with highlighted trackers before all others.

        >>> Named(order=("c", "a"), highlight=("b",)).legend(["a", "b", "c"])
        ['b', 'c', 'a']
        """
        return sorted(self.arranged(labels), key=lambda label: not self.highlights(label))

    def after(self, earlier: Named) -> Named:
        """The same, where trackers had been given labels before."""
        former = {label: earlier.former_name(name) for label, name in self.former.items()}
        kept = self if self.labels else replace(self, labels=earlier.labels)
        return replace(kept, former=former or earlier.former)

    def as_project(self) -> Naming:
        """What asks for the same of other tables, in which some of the trackers may be absent."""
        return Naming(project=Naming(self.labels, (), self.order, self.highlight))

    def _position(self, label: str) -> int:
        at = {name: position for position, name in enumerate(self.order)}
        return at.get(label, at.get(base_name(label), len(at)))


def as_naming(
    labels: Mapping[str, str] | Naming | None, order: str | Iterable[str] = (), highlight: str | Iterable[str] = ()
) -> Naming:
    """What a caller asks for: labels by tracker, or all of it already put together; one text is one name."""
    if isinstance(labels, Naming):
        return labels
    first, bold = ((names,) if isinstance(names, str) else tuple(names) for names in (order, highlight))
    return Naming(dict(labels or {}), (), first, bold)


def base_name(tracker: str) -> str:
    """A tracker's name without the setting that a profile adds to it.

    >>> base_name("stdtrack:nano [onnx:int8] x2"), base_name("opencv:csrt")
    ('stdtrack:nano', 'opencv:csrt')
    """
    return _split(tracker)[0]


def settle(naming: Naming, trackers: Iterable[str], aliases: Mapping[str, str] | None = None) -> Named:
    """What is asked for, held against the trackers at hand; labels become one line of visible characters.

    Args:
        trackers: names as results have them.
        aliases: further names of trackers, such as the whole spec of one whose name is shortened.

    Raises:
        InputError: a tracker is not there, a label shows nothing, or two trackers would be called alike.

    >>> settle(Naming({"opencv:csrt": "CSRT"}, highlight=("CSRT",)), ["opencv:csrt", "b"]).labels
    {'opencv:csrt': 'CSRT', 'b': 'b'}
    """
    names = shown_names(trackers)
    known = {**{folder_name(name): name for name in names}, **{shown: name for name, shown in names.items()}}
    known = {**(aliases or {}), **known, **{name: name for name in names}}
    asked, kept = _labels(naming, known), _present(naming.project or Naming(), known)
    wanted = {**kept.labels, **asked}
    shown = {name: _checked(name, wanted[name]) if name in wanted else names[name] for name in names}
    _refuse_alike(shown, wanted)
    order, highlight = naming.order or kept.order, naming.highlight or kept.highlight
    known |= {
        label: name for labels in (kept.labels, wanted, shown) for name, label in labels.items() if name in wanted
    }
    first, bold = (tuple(dict.fromkeys(shown[_found(text, known)] for text in texts)) for texts in (order, highlight))
    remarks = _near_misses(naming.project, known, wanted)
    if not wanted:
        return Named(order=first, highlight=bold, remarks=remarks)
    return Named(shown, {shown[name]: names[name] for name in names}, first, bold, remarks)


def named_scores(scores: Iterable[BenchmarkScore], named: Named) -> list[BenchmarkScore]:
    """Scores under the trackers' labels, in the order of :meth:`Named.legend`."""
    renamed = [replace(score, tracker=named.label(score.tracker)) for score in scores]
    places = {label: place for place, label in enumerate(named.legend(dict.fromkeys(s.tracker for s in renamed)))}
    return sorted(renamed, key=lambda score: places[score.tracker]) if named.order or named.highlight else renamed


def _labels(naming: Naming, known: Mapping[str, str]) -> dict[str, str]:
    """Labels by tracker; each tracker is there and has one label."""
    labels: dict[str, str] = {}
    for name, label in (*naming.labels.items(), *(_pair(text, known) for text in naming.texts)):
        tracker = _found(name, known)
        if labels.setdefault(tracker, label) != label:
            raise InputError(f"'{one_line(tracker)}' is given two labels: {labels[tracker]} and {label}")
    return labels


def _pair(text: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Tracker and label of ``TRACKER=Label``: the longest tracker that is known, else what stands before the last =."""
    splits = [(text[:at], text[at + 1 :]) for at, character in enumerate(text) if character == "="]
    if not splits:
        raise InputError(f"'{one_line(text)}' names no label", hint="--name TRACKER=Label")
    return next((pair for pair in reversed(splits) if pair[0] in known), splits[-1])


def _found(name: str, known: Mapping[str, str]) -> str:
    if name in known:
        return known[name]
    raise InputError(f"there is no tracker '{one_line(name)}' here", hint=_meant(name, dict.fromkeys(known.values())))


def _meant(name: str, trackers: Iterable[str]) -> str:
    """Who was meant: by the whole name, or by what stands behind its last colon."""
    trackers = list(trackers)
    ends = {tracker.rpartition(":")[2]: tracker for tracker in trackers}
    end = None if nearest(name, trackers) else nearest(name, ends)
    return f"did you mean '{ends[end]}'?" if end else suggestion(name, trackers)


def _present(project: Naming, known: Mapping[str, str]) -> Naming:
    """What a project asks for, as far as its trackers are there."""
    labels = {known[name]: label for name, label in project.labels.items() if name in known}
    there = {*known, *labels.values()}
    order, highlight = (tuple(name for name in names if name in there) for names in (project.order, project.highlight))
    return Naming(labels, (), order, highlight)


def _near_misses(project: Naming | None, known: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Trackers that a project names and that are not there, where one without a label is called nearly so."""
    free = [name for name in dict.fromkeys(known.values()) if name not in wanted]
    absent = [name for name in (project.labels if project else ()) if name not in known]
    pairs = [(name, nearest(name, free, _NEAR)) for name in absent]
    return tuple(f"there is no tracker '{name}' here: did you mean '{near}'?" for name, near in pairs if near)


def _checked(tracker: str, label: str) -> str:
    shown = one_line(label)
    if not shown:
        raise InputError(f"the label of '{one_line(tracker)}' shows nothing")
    return shown


def _refuse_alike(shown: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """No label is another tracker's label or name, whatever the case."""
    taken: dict[str, str] = {}
    for name in sorted(shown, key=lambda name: name in wanted):  # those that keep their names come first
        letters = unicodedata.normalize("NFKC", shown[name]).casefold()
        other = taken.setdefault(letters, name)
        if other != name and name in wanted:
            both = f"'{one_line(other)}' and '{one_line(name)}'"
            raise InputError(f"{both} would both be called '{shown[name]}'", hint="give each a label of its own")


def _mapped(name: str, names: Mapping[str, str]) -> str:
    if name in names:
        return names[name]
    base, setting = _split(name)
    return names[base] + setting if base in names else name


def _split(tracker: str) -> tuple[str, str]:
    match = _SETTING.fullmatch(tracker)
    assert match is not None
    return match["name"], match["setting"]
