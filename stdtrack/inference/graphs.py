"""``init`` and ``step`` as functions from tensors to tensors, for exporters and counters."""

from __future__ import annotations

from torch import Tensor, nn

from stdtrack.model.network import FrameOutput, STDTrack, TrackState
from stdtrack.model.spatiotemporal import Memory

# Names of the tensors of a state with a token, in order; without a token only the last two are there.
STATE_NAMES = ("token", "memory_token", "memory_quality", "memory_frame", "memory_valid", "frame", "cache")
OUTPUT_NAMES = ("score", "offset", "size", "quality")
TEMPLATE, SEARCH = "template", "search"


def pack(state: TrackState) -> tuple[Tensor, ...]:
    """The state's tensors, in the order of :data:`STATE_NAMES`."""
    fixed = (state.frame_B, state.cache_LBM2HD)
    if state.token_BC is None or state.memory is None:
        return fixed
    memory = state.memory
    return (state.token_BC, memory.token_BMC, memory.quality_BM, memory.frame_BM, memory.valid_BM, *fixed)


def unpack(tensors: tuple[Tensor, ...]) -> TrackState:
    """The inverse of :func:`pack`."""
    *memory, frame_B, cache_LBM2HD = tensors
    if not memory:
        return TrackState(None, None, cache_LBM2HD, frame_B)
    token_BC, *stored = memory
    return TrackState(token_BC, Memory(*stored), cache_LBM2HD, frame_B)


def state_names(token: bool) -> tuple[str, ...]:
    """Names of the tensors that :func:`pack` returns."""
    return STATE_NAMES if token else STATE_NAMES[-2:]


def next_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the state's tensors that a step returns: all but the cache, which does not change."""
    return tuple(f"next_{name}" for name in names[:-1])


class InitGraph(nn.Module):
    """Template crops (B, 3, H, W) -> the tensors of the first state."""

    def __init__(self, model: STDTrack) -> None:
        super().__init__()
        self.model = model

    def forward(self, template_B3HW: Tensor) -> tuple[Tensor, ...]:
        """The state's tensors, as :func:`pack` orders them."""
        return pack(self.model.init_state(template_B3HW))


class StepGraph(nn.Module):
    """Search crops (B, 3, H, W) and the state's tensors -> predictions, then the tensors that change."""

    def __init__(self, model: STDTrack) -> None:
        super().__init__()
        self.model = model

    def forward(self, search_B3HW: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Score, offset, size, quality, then the next state without the templates' cache, which stays as it is."""
        output, after = self.model.step(unpack(state), search_B3HW)
        return (output.score, output.offset, output.size, output.quality, *pack(after)[:-1])


def unpack_step(tensors: tuple[Tensor, ...], cache_LBM2HD: Tensor) -> tuple[FrameOutput, TrackState]:
    """What :class:`StepGraph` returned, as :meth:`STDTrack.step` returns it."""
    outputs = len(OUTPUT_NAMES)
    return FrameOutput(*tensors[:outputs]), unpack((*tensors[outputs:], cache_LBM2HD))
