"""``stdtrack``: finds the command, and turns wrong input into one clear line and an exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

from evalkit.imports import leave_current_folder_out
from evalkit.suggestions import suggestion
from stdtrack import __version__
from stdtrack.cli.ending import DEBUG, EXIT_INTERNAL, exit_code, send_again, signals
from stdtrack.cli.ending import EXIT_WRONG_INPUT as EXIT_WRONG_INPUT
from stdtrack.cli.messages import example

EXIT_DONE, EXIT_CHECK_FAILED, EXIT_SEQUENCES_FAILED = 0, 1, 3

# Name -> (module, attribute, one line of help): the help page is printed without importing a single command.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "demo": ("stdtrack.cli.demo", "demo", "Render a small benchmark, run four trackers on it, report."),
    "run": ("stdtrack.cli.run", "run", "Run trackers on benchmarks."),
    "merge": ("stdtrack.cli.merge", "merge", "Join the results of shards."),
    "score": ("stdtrack.cli.score", "score", "Score results by each benchmark's own rules."),
    "pack": ("stdtrack.cli.pack", "pack", "Write and check submissions to benchmark servers."),
    "convert": ("stdtrack.cli.convert", "convert", "Annotation and results from and to other tools."),
    "view": ("stdtrack.cli.view", "view", "Recordings of results for Rerun's viewer."),
    "report": ("stdtrack.cli.report", "report", "Plots, tables and an HTML page from results."),
    "compare": ("stdtrack.cli.compare", "compare", "Is one tracker better than another? Paired over sequences."),
    "baseline": ("stdtrack.cli.baseline", "baseline", "Keep the scores of a run to compare later ones with."),
    "check": ("stdtrack.cli.check", "check", "Fail if a tracker has become worse than its baseline."),
    "robustness": ("stdtrack.cli.robustness", "robustness", "What is left of scores under corruptions and attacks."),
    "stress": ("stdtrack.cli.stress", "stress", "A minute's test of a tracker's class before the real run."),
    "data": ("stdtrack.cli.data", "data", "Look at data sets on disk."),
    "complexity": ("stdtrack.cli.complexity", "complexity", "Count parameters, MACs and FLOPs of a tracker or module."),
    "profile": ("stdtrack.cli.profile", "profile", "Measure latency, memory and energy, trackers interleaved."),
    "train": ("stdtrack.cli.train", "train", "Train a network as a config says."),
    "validate": ("stdtrack.cli.validate", "validate", "Compare trackers on the sequences left out of training."),
    "tune": ("stdtrack.cli.tune", "tune", "Choose window, smoothing and memory for trained weights."),
    "calibrate": ("stdtrack.cli.calibrate", "calibrate", "Fit how trained weights tell that a target is lost."),
    "average": ("stdtrack.cli.average", "average", "Write the mean of several seeds' weights."),
    "track": ("stdtrack.cli.track", "track", "Follow a target through a video or stream, and draw it."),
    "serve-trax": ("stdtrack.cli.serve_trax", "serve_trax", "Serve a tracker to VOT's toolkit and other TraX clients."),
    "export": ("stdtrack.cli.export", "export", "Write the network as ONNX, OpenVINO or torch.export files."),
    "compress": ("stdtrack.cli.compress", "compress", "Make a network smaller and faster, with a card of the cost."),
    "convert-weights": ("stdtrack.cli.convert_weights", "convert_weights", "A published checkpoint as safetensors."),
    "ablate": ("stdtrack.cli.ablate", "ablate", "What each part of the network costs and brings."),
    "doctor": ("stdtrack.cli.doctor", "doctor", "Print the environment: versions, devices, threads, paths."),
}


GROUPS: Mapping[str, tuple[str, ...]] = {
    "Compare trackers": ("demo", "run", "merge", "score", "report", "compare", "pack", "data"),
    "Other tools": ("convert", "view"),
    "Guard a tracker": ("stress", "robustness", "baseline", "check"),
    "Speed and size": ("profile", "complexity", "compress", "export"),
    "Look at a tracker": ("track", "serve-trax"),
    "Train STDTrack": ("train", "validate", "tune", "calibrate", "average", "ablate", "convert-weights"),
    "This installation": ("doctor",),
}
"""Commands by what they are for, as the help page lists them."""


class Group(click.Group):
    """A group that answers a mistyped command with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            ctx.fail(f"No such command '{name}' ({suggestion(name, self.list_commands(ctx))})")
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group whose commands are imported when they are called, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the tables above, what belongs together under one heading."""
        widest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), COMMANDS[name][2]) for name in names])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example("stdtrack demo")
    + "\n\n`stdtrack COMMAND --help` says what a command takes, and shows one call of it.",
)
@click.version_option(__version__, package_name="stdtrack")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error; at any place.")
def cli() -> None:
    """Evaluate and profile lightweight visual trackers."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command; with --debug or STDTRACK_DEBUG an error is raised.

    Exit codes: 0 done, 1 check failed, 2 wrong input, 3 sequences failed, 70 internal error, 128 + number of a signal.
    """
    leave_current_folder_out()
    given = list(sys.argv[1:] if arguments is None else arguments)
    args = [argument for argument in given if argument != "--debug"]
    debug = args != given or os.environ.get(DEBUG, "0") not in ("", "0")
    if not debug:
        _quiet_decoders()
    with signals() as taken:
        try:
            code = _run(args)
        except BaseException as error:
            if debug and taken.last is None and not isinstance(error, (click.ClickException, BrokenPipeError)):
                raise
            code = exit_code(error, taken)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    """Run a command and write what is still to be written; the exit code that it asked for."""
    code: str | int | None = None
    try:
        if "_STDTRACK_COMPLETE" in os.environ:  # a shell asks how to go on
            cli.main(args=arguments, prog_name="stdtrack")
        with cli.make_context("stdtrack", arguments) as context:
            cli.invoke(context)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    if isinstance(code, str):  # a tracker's own words
        click.echo(code, err=True)
        return EXIT_INTERNAL
    return code or EXIT_DONE


def console() -> NoReturn:
    """The program: what cannot be printed is shown by its number, and no signal is lost."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.unraisablehook = send_again
    main()


def _quiet_decoders() -> None:
    """Keep cv2 and FFmpeg from printing what they think of a broken file: the command says it in one line of its own.

    It has to happen before cv2 is imported; whoever has set the variables decides otherwise.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
