"""What commands tell the user: each message in one line, whatever the names in it hold."""

from __future__ import annotations

import click

from evalkit.shown import one_line


def echo_line(message: str, *, err: bool = True) -> None:
    """Print a message, on stderr unless told otherwise; blanks at its beginning indent it."""
    indent = message[: len(message) - len(message.lstrip(" "))]
    click.echo(indent + one_line(message), err=err)


def example(command: str) -> str:
    """The end of a command's help: how it is called."""
    return f"\b\nExample:\n  {command}"
