"""What a worker is asked about its tracker when nothing is timed any more: outputs, complexity, accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import InputError
from profiling.latency.profile_target import Job
from profiling.latency.worker import current_session, loaded_session

if TYPE_CHECKING:
    from profiling.complexity.report import ComplexityReport


def difference(job: Job) -> float | None:
    """Largest absolute difference of the network's outputs from eager; None without a network or another backend."""
    if not job.backend:
        return None
    from profiling.backends.module_runner import largest_difference
    from profiling.complexity.parts import network_parts

    module, inputs = network_parts(job.spec, current_session().subject)["frame"]
    return largest_difference(module, tuple(inputs), job.backend)


def complexity(job: Job) -> ComplexityReport | str:
    """What the networks cost, or why that is not known; an empty reason for a tracker that shows none."""
    from profiling.complexity.count import HasComplexity
    from profiling.complexity.parts import network_parts
    from profiling.complexity.report import count_parts

    subject = current_session().subject
    shows_network = isinstance(subject, tuple | HasComplexity)
    if not shows_network:
        return ""
    try:
        report = count_parts(job.spec, network_parts(job.spec, subject))
    except InputError as error:
        return f"{error.path}: {error.problem}" if error.path else error.problem  # the way out is another command's
    return report.disagreement or report


def overlap() -> float:
    """Mean IoU on the clips, each tracked once from its start."""
    from profiling.latency.accuracy import mean_overlap

    session = loaded_session()
    return mean_overlap(session.subject, session.clips)
