"""``stdtrack serve-trax``: a tracker behind the TraX protocol, on standard input and output."""

from __future__ import annotations

import click

from evalkit.running.heartbeat import FRAME_TIMEOUT
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.messages import example
from stdtrack.cli.options import Positive, find_own_modules


@click.command(epilog=example("stdtrack serve-trax stdtrack:nano"))
@click.argument("tracker", type=TrackerText(), metavar="TRACKER")
@click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
              help="Seconds a process: or trax: tracker may take to answer.")  # fmt: skip
def serve_trax(tracker: str, timeout: float) -> None:
    """Serve TRACKER to a TraX client such as VOT's toolkit (needs the extra `trax`).

    In trackers.ini: `protocol = trax` and `command = stdtrack serve-trax stdtrack:nano`.
    """
    from evalkit.trackers.base import facts_of, wait_at_most
    from evalkit.trackers.spec import load_tracker
    from evalkit.trackers.trax_server import serve
    from stdtrack.cli.progress import tell_remark

    find_own_modules([tracker])
    served = load_tracker(tracker)
    wait_at_most(served, timeout)
    tell_remark(tracker, facts_of(served).get("note", ""))
    serve(served, tracker)
