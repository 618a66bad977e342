"""What a tracker or module costs: its parts counted, and told as JSON or as tables."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from torch import nn

from evalkit.errors import InputError
from evalkit.shown import one_line
from profiling.complexity.by_module import count_constants, inlined_constants
from profiling.complexity.count import ON_META, Complexity, count, count_on_device
from profiling.complexity.fvcore_check import SecondOpinion, second_opinion
from profiling.complexity.onnx import count_networks, weight_tensors
from profiling.complexity.parts import checked_part

if TYPE_CHECKING:
    import pandas as pd

Parts = Mapping[str, Any]
TABLE = ("subject", "part", "module", "parameters", "macs", "flops")


@dataclass(frozen=True, repr=False)
class ComplexityReport:
    """Everything counted about one subject.

    Attributes:
        spec: what the user named.
        parameters: elements of all parameters; what ``init`` and ``frame`` share counts once.
        parameter_bytes: what they take in memory.
        parts: ``frame``, and ``init`` for a tracker.
        opinions: fvcore's count of each part; absent for ONNX graphs.
        inlined: those of the parameters that a frozen script holds as constants.
    """

    spec: str
    parameters: int
    parameter_bytes: int
    parts: Mapping[str, Complexity]
    opinions: Mapping[str, SecondOpinion]
    inlined: int = 0

    def __str__(self) -> str:
        return "\n".join([self.heading, *(part_line(part, result) for part, result in self.parts.items())])

    __repr__ = __str__

    @property
    def heading(self) -> str:
        """The subject and its parameters, in one line."""
        inlined = f", {self.inlined:,} of them inlined as constants (frozen or quantised)" if self.inlined else ""
        return one_line(f"{self.spec}: {self.parameters:,} parameters{inlined}", folded=True)

    @property
    def disagreement(self) -> str:
        """One line that names the modules which the two counters count differently; empty if they agree."""
        lines = []
        for part, opinion in self.opinions.items():
            if not opinion.agrees:
                modules = ", ".join(
                    f"{entry.module or '(the whole)'}: {entry.macs:,} MACs against {entry.other_macs:,}"
                    for entry in opinion.disagreements
                )
                missing = f"; fvcore has no handle for {', '.join(opinion.missing)}" if opinion.missing else ""
                lines.append(
                    f"{part}: the counters differ by {100 * (opinion.difference or 0):.1f} % ({modules}{missing})"
                )
        return "; ".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain data: parameters, MACs and FLOPs by part, by module, and what was not counted."""
        modules = [
            {"part": part, "module": row.module, "parameters": row.parameters, "macs": row.macs, "flops": row.flops}
            for part, result in self.parts.items()
            for row in result.by_module
        ]
        uncounted = [
            {"part": part, "operator": entry.operator, "calls": entry.calls, "reason": entry.reason}
            for part, result in self.parts.items()
            for entry in result.uncounted
        ]
        totals = {part: {"macs": result.macs, "flops": result.flops} for part, result in self.parts.items()}
        return {
            "parameters": self.parameters,
            **({"inlined_parameters": self.inlined} if self.inlined else {}),
            **totals,
            "by_module": modules,
            "uncounted": uncounted,
            "counter": self._counter,
        }

    def table(self) -> pd.DataFrame:
        """One row for each part and module (:data:`TABLE`), children included; the whole has the empty name."""
        import pandas as pd

        rows = [
            (self.spec, part, row.module, row.parameters, row.macs, row.flops)
            for part, result in self.parts.items()
            for row in result.by_module
        ]
        return pd.DataFrame(rows, columns=list(TABLE))

    @property
    def _counter(self) -> str:
        """How the parts were counted, each by name if they differ."""
        by_part = {part: result.counter for part, result in self.parts.items()}
        if len(set(by_part.values())) == 1:
            return next(iter(by_part.values()))
        return "; ".join(f"{part}: {counter}" for part, counter in by_part.items())


def part_line(part: str, result: Complexity) -> str:
    """What a call of a part costs, and by which counter."""
    return f"{part}: {result.macs:,} MACs = {result.flops:,} FLOPs ({result.counter})"


def count_parts(spec: str, parts: Parts, *, allow_uncounted: bool = False) -> ComplexityReport:
    """Count ``(module, inputs)`` parts with both counters, ONNX networks by their graphs."""
    counts: dict[str, Complexity] = {}
    opinions: dict[str, SecondOpinion] = {}
    for name, part in sorted(parts.items(), key=lambda item: item[0] != "init"):
        if isinstance(part[0], nn.Module):
            module, inputs = checked_part(spec, part)
            counts[name], opinions[name] = _both_counts(module, inputs, allow_uncounted)
        else:
            counts[name] = count_networks(tuple(part), allow_uncounted=allow_uncounted)
    if "frame" not in counts:
        raise InputError(f"{spec}: complexity_parts() has no 'frame'")
    elements, size = _distinct_parameters(list(parts.values()))
    modules = {id(part[0]): part[0] for part in parts.values() if isinstance(part[0], nn.Module)}
    inlined = sum(count_constants(module) for module in modules.values())
    return ComplexityReport(spec, elements, size, counts, opinions, inlined)


def _both_counts(module: nn.Module, inputs: tuple[Any, ...], allow_uncounted: bool) -> tuple[Complexity, SecondOpinion]:
    """What the second counter, which runs the module where it is, does not confirm of ``meta`` is counted there again.

    A module may do other work on ``meta`` than on its own device: it compares devices, or catches what fails there.
    """
    result = count(module, inputs, allow_uncounted=allow_uncounted)
    opinion = second_opinion(module, inputs, result)
    if result.counter != ON_META or opinion.confirms:
        return result, opinion
    try:
        here = count_on_device(module, inputs, allow_uncounted=allow_uncounted)
    except InputError:
        return result, opinion
    if here.macs == result.macs:
        return result, opinion
    here = replace(here, counter=f"{here.counter}; on meta it does {result.macs:,} MACs")
    return here, second_opinion(module, inputs, here)


def _distinct_parameters(parts: Sequence[Any]) -> tuple[int, int]:
    """Elements and bytes of all parts' parameters together: torch's by identity, those of ONNX files by content."""
    modules = [part[0] for part in parts if isinstance(part[0], nn.Module)]
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *inlined_constants(module))]
    found = {id(tensor): (tensor.numel(), tensor.nbytes) for tensor in tensors}
    sizes = list(found.values())
    networks = {network.path: network for part in parts if not isinstance(part[0], nn.Module) for network in part}
    times: Counter[bytes] = Counter()
    size_of: dict[bytes, tuple[int, int]] = {}
    for network in networks.values():
        here: Counter[bytes] = Counter()
        for tensor in weight_tensors(network):
            key = hashlib.sha256(repr(tensor.shape).encode() + tensor.tobytes()).digest()
            size_of[key] = (tensor.size, tensor.nbytes)
            here[key] += 1
        times |= here  # the most often that one file has it: files of one tracker repeat each other's weights
    sizes += [size_of[key] for key in times.elements()]
    return sum(elements for elements, _ in sizes), sum(size for _, size in sizes)
