"""What packages bring by entry points, a name and ``module:object`` each: of installed packages, each name once."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, distributions
from typing import Any, TypeVar

from evalkit.errors import InputError, one_line
from evalkit.imports import HOME, without_current_folder
from evalkit.suggestions import suggestion

Brought = TypeVar("Brought")


@dataclass(frozen=True, eq=False)
class Registry(Mapping[str, Brought]):
    """What installed packages bring in one group, by name in order: listed without an import, imported when looked up.

    A look-up raises InputError for what several packages bring, what cannot be imported or is of another kind.

    Attributes:
        group: of the entry points, such as ``stdtrack.backends``.
        word: what one is called in messages, such as ``backend``.
        kind: what one must be, as messages say it after "is no".
        accepts: whether what was imported under a name is of that kind.
    """

    group: str
    word: str
    kind: str
    accepts: Callable[[str, object], bool]

    def __getitem__(self, name: str) -> Brought:
        point = the_only(self._points()[name], f"the {self.word} '{name}'")
        brought = imported(point, f"the {self.word} '{name}'")
        if not self.accepts(name, brought):
            raise InputError(f"the {self.word} '{name}', {point.value}, is no {self.kind}")
        one: Brought = brought
        return one

    def __contains__(self, name: object) -> bool:
        return name in self._points()

    def __iter__(self) -> Iterator[str]:
        return iter(self._points())

    def __len__(self) -> int:
        return len(self._points())

    def find(self, name: str) -> Brought:
        """What is brought under a name that a user wrote; InputError with the name that was meant if there is none."""
        if name not in self:
            raise InputError(
                f"no {self.word} '{name}'", hint=reinstall_hint(self.group, name) or suggestion(name, self)
            )
        return self[name]

    def importable(self) -> Mapping[str, Brought]:
        """All that can be looked up; whoever names one of the others is told what is wrong with it."""
        faults = self.faults()
        return {name: self[name] for name in self if name not in faults}

    def faults(self) -> Mapping[str, InputError]:
        """What is wrong with those that cannot be looked up, by name."""
        faults = {}
        for name in self:
            try:
                self[name]
            except InputError as error:
                faults[name] = error
        return faults

    def _points(self) -> Mapping[str, tuple[EntryPoint, ...]]:
        points = _by_name(self.group, tuple(sys.path))
        if not points:
            hint = reinstall_hint(self.group) or "install this package: `pip install .`"
            raise InputError(f"no installed package brings a {self.word} (entry points '{self.group}')", hint=hint)
        return points


@lru_cache(maxsize=16)
def _by_name(group: str, path: tuple[str, ...]) -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points of a group, sorted; ``path`` is ``sys.path``, by which they are remembered."""
    return dict(sorted(installed(group).items()))


def installed(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points of a group by name; of several versions of one package the first on the path counts.

    A package that merely lies in the current folder is not installed.
    """
    by_name: dict[str, tuple[EntryPoint, ...]] = {}
    packages = set()
    for package in distributions(path=without_current_folder(sys.path)):
        if group not in (package.read_text("entry_points.txt") or ""):
            continue  # to parse those of every package would take most of the time
        points = package.entry_points.select(group=group)
        if points and package.name not in packages:
            packages.add(package.name)
            for point in points:
                by_name[point.name] = (*by_name.get(point.name, ()), point)
    return by_name


def the_only(points: tuple[EntryPoint, ...], what: str) -> EntryPoint:
    """The one entry point of a name; ``what`` is named in errors, as "the prefix 'opencv'".

    Raises:
        InputError: several packages bring it; none of them goes before the others.
    """
    if len(points) > 1:
        both = " and ".join(f"{point.value} of {point.dist.name if point.dist else 'unknown'}" for point in points)
        raise InputError(f"{what} is brought by {both}", hint="uninstall one of the packages")
    return points[0]


def imported(point: EntryPoint, what: str) -> Any:
    """The object of an entry point; ``what`` is named in errors, as "the prefix 'opencv'".

    Raises:
        InputError: it cannot be imported.
    """
    try:
        return point.load()
    except Exception as error:
        raise InputError(f"{what}, {point.value}, cannot be imported: {one_line(error)}") from error


def not_installed(group: str) -> tuple[str, ...]:
    """Names that this package's source tree brings and that were added after it was installed."""
    file = HOME / "pyproject.toml"
    if not file.is_file():
        return ()
    groups = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("entry-points", {})
    return tuple(name for name in groups.get(group, {}) if name not in installed(group))


def reinstall_hint(group: str, name: str = "") -> str:
    """What to do where the metadata lack a name of the source tree, or any if none is given; else empty."""
    lacking = tuple(lack for lack in not_installed(group) if name in ("", lack))
    what = f"{', '.join(lacking)} came after this package was installed"
    return f"{what}: run `pip install -e {HOME}` again" if lacking else ""
