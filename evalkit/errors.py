"""The one error that a user's wrong input raises."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Wrong use or input: names the place and the way out; the command line prints it in one line and exits 2.

    Args:
        problem: what is wrong, in one sentence without a full stop.
        path: the file or folder at fault.
        row: 1-based line number in that file.
        hint: what to do about it.
    """

    def __init__(
        self, problem: str, *, path: str | Path | None = None, row: int | None = None, hint: str | None = None
    ) -> None:
        self.problem, self.path, self.row, self.hint = problem, path, row, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.path is None else f"{self.path}" + (f", row {self.row}" if self.row else "") + ": "
        return place + self.problem + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and errors cross process borders in runs.
        return _rebuild, (type(self), self.problem, self.path, self.row, self.hint)


def one_line(error: BaseException) -> str:
    """The first line of what another library says, with the error's name where it says nothing.

    >>> one_line(ValueError("first\\nsecond")), one_line(KeyError())
    ('first', 'KeyError')
    """
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _rebuild(
    kind: type[InputError], problem: str, path: str | Path | None, row: int | None, hint: str | None
) -> InputError:
    return kind(problem, path=path, row=row, hint=hint)
