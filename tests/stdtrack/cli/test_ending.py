"""How commands end: signals, broken pipes, errors that nobody foresaw; in-process and as real programs."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import click
import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.cli.ending import Signals, _interrupt
from stdtrack.cli.main import LazyGroup, main

PROGRAM = """
import sys, time, click
from stdtrack.cli.main import LazyGroup, console

@click.command()
def command():
    {body}

LazyGroup.get_command = lambda self, context, name: command
console()
"""


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Exit code and stderr of a command whose body raises an error."""
    monkeypatch.delenv("STDTRACK_DEBUG", raising=False)

    def run(error: BaseException, *arguments: str) -> tuple[object, str]:
        @click.command()
        def command() -> None:
            raise error

        monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)
        with pytest.raises(SystemExit) as stop:
            main(["command", *arguments])
        return stop.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ZeroDivisionError("a\nb"), 70, "internal error: ZeroDivisionError: a b, at test_ending.py:"),
        (AssertionError(), 70, "internal error: AssertionError"),
        (EOFError(), 70, "internal error: EOFError"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 70, "internal error: UnicodeDecodeError"),
        (MemoryError(), 70, "out of memory"),
        (np._core._exceptions._ArrayMemoryError((9, 9), np.dtype(float)), 70, "out of memory: Unable to allocate"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 70, "out of memory"),
        (RecursionError("maximum depth"), 70, "nested too deeply"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b"), 2, "/a/b: cannot be read or written: No space left"),
        (PermissionError(errno.EACCES, "Permission denied", "/a"), 2, "/a: cannot be read or written: Permission"),
        (OSError(errno.EMFILE, "Too many open files"), 2, "Too many open files"),
        (InputError("no good", path="a", row=3), 2, "a, row 3: no good"),
        (SystemExit("words of a tracker"), 70, "words of a tracker"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_is_one_line(end, error: BaseException, code: int, words: str) -> None:
    assert code != 1
    ended, printed = end(error)
    assert ended == code
    assert words in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(("error", "code"), [(SystemExit(3), 3), (SystemExit(None), 0), (KeyboardInterrupt(), 130)])
def test_an_end_that_was_meant_says_nothing(end, error: BaseException, code: int) -> None:
    assert end(error) == (code, "")


def test_an_internal_error_says_how_to_report_it(end) -> None:
    _, printed = end(ValueError("x"))
    assert "stdtrack doctor" in printed
    assert "STDTRACK_DEBUG=1" in printed


def test_a_variable_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDTRACK_DEBUG", "1")
    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: click.Command("command", callback=lambda: 1 // 0))
    with pytest.raises(ZeroDivisionError):
        main(["command"])


def test_the_handlers_of_the_caller_are_given_back(end) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    end(ValueError())
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize(
    "body",
    [
        "print('ready', flush=True); time.sleep(600)",
        """try:
        print('ready', flush=True); time.sleep(600)
    finally:
        raise RuntimeError('what a library made of it')""",
        """class Dropping:
        def __del__(self): print('ready', flush=True); time.sleep(600)
    Dropping(); time.sleep(600)""",
    ],
    ids=["plain", "as another error", "where Python drops errors"],
)
def test_a_signal_ends_the_program_without_a_word(body: str, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", PROGRAM.format(body=body), "command"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        try:
            output, messages = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, output, messages) == (code, "", "")


@pytest.mark.parametrize("body", ["print('x' * 100_000)", "print('short')", "print('x', file=sys.stderr); print('y')"])
def test_a_reader_that_has_gone_is_no_error(body: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", PROGRAM.format(body=body), "command"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr in ("", "x\n")


def test_what_a_terminal_cannot_show_is_no_error() -> None:
    command = [sys.executable, "-c", PROGRAM.format(body=r"print('\u2013 \udc80')"), "command"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\u2013 \\udc80\n", "")


def test_a_signal_that_did_not_wake_the_program_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of three is lost, as where it comes just before a call that waits."""
    taken, sent = Signals(), []

    def kill(process: int, number: int) -> None:
        sent.append((process, number))
        taken.count += len(sent) == 3

    monkeypatch.setattr("stdtrack.cli.ending.signal.getsignal", lambda number: taken)
    monkeypatch.setattr("stdtrack.cli.ending.os.kill", kill)
    _interrupt(taken, 0)
    assert sent == [(os.getpid(), signal.SIGINT)] * 3
