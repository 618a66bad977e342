"""The STM against a plain-Python oracle, and its promises one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtrack.model import STM, Memory

ADMISSION = 0.5


@dataclass
class Oracle:
    """One target's memory as a list of slots, written the obvious way."""

    capacity: int
    rule: str
    slots: list[tuple[float, float, int] | None] = field(default_factory=list)

    def start(self, token: float) -> None:
        self.slots = [(token, 1.0, 0)] + [None] * (self.capacity - 1)

    def offer(self, token: float, quality: float, frame: int) -> None:
        if self.rule == "none":
            self.slots[0] = (token, quality, frame)
            return
        if self.rule == "quality" and quality < ADMISSION:
            return
        free = [index for index, slot in enumerate(self.slots) if slot is None]
        if free:
            self.slots[free[0]] = (token, quality, frame)
            return
        rank = 1 if self.rule == "quality" else 2
        worst = min(range(1, self.capacity), key=lambda index: (self.slots[index][rank], index))
        self.slots[worst] = (token, quality, frame)


qualities = st.floats(0.0, 1.0, width=32) | st.sampled_from([ADMISSION, 0.75])
histories = st.integers(1, 3).flatmap(
    lambda batch: st.lists(st.lists(qualities, min_size=batch, max_size=batch), min_size=1, max_size=25)
)


@settings(max_examples=60, deadline=None)
@given(history=histories, capacity=st.integers(2, 6), rule=st.sampled_from(["quality", "fifo", "none"]))
def test_equals_the_oracle(history: list[list[float]], capacity: int, rule: str) -> None:
    stm = STM(capacity, ADMISSION, rule)
    batch = len(history[0])
    first = torch.arange(batch, dtype=torch.float32)[:, None].expand(batch, 3)
    memory = stm.start(first)
    oracles = [Oracle(stm.slots, rule) for _ in range(batch)]
    for index, oracle in enumerate(oracles):
        oracle.start(float(index))
    for frame, row in enumerate(history, start=1):
        token = first + 100.0 * frame
        memory = stm.update(memory, token, torch.tensor(row), torch.full((batch,), frame))
        for index, oracle in enumerate(oracles):
            oracle.offer(float(token[index, 0]), row[index], frame)
    for index, oracle in enumerate(oracles):
        assert memory.valid_BM[index].tolist() == [slot is not None for slot in oracle.slots]
        for place, slot in enumerate(oracle.slots):
            if slot is not None:
                stored = (
                    memory.token_BMC[index, place, 0],
                    memory.quality_BM[index, place],
                    memory.frame_BM[index, place],
                )
                assert tuple(map(float, stored)) == pytest.approx(slot)


def filled(stm: STM, values: list[float]) -> Memory:
    memory = stm.start(torch.zeros(1, 2))
    for frame, value in enumerate(values, start=1):
        token, quality = torch.full((1, 2), float(frame)), torch.tensor([value])
        memory = stm.update(memory, token, quality, torch.tensor([frame]))
    return memory


def test_first_token_stays_for_ever() -> None:
    memory = filled(STM(3, ADMISSION, "quality"), [0.9, 0.95] * 20)
    assert memory.token_BMC[0, 0].tolist() == [0.0, 0.0]
    assert float(memory.quality_BM[0, 0]) == 1.0


def test_lowest_quality_leaves_and_unreliable_tokens_never_enter() -> None:
    memory = filled(STM(3, ADMISSION, "quality"), [0.6, 0.9, 0.1, 0.7])
    assert memory.token_BMC[0, :, 0].tolist() == [0.0, 4.0, 2.0]


def test_threshold_itself_is_admitted() -> None:
    memory = filled(STM(3, ADMISSION, "quality"), [ADMISSION])
    assert memory.valid_BM[0].tolist() == [True, True, False]


def test_fifo_keeps_the_newest_whatever_their_quality() -> None:
    memory = filled(STM(3, ADMISSION, "fifo"), [0.9, 0.9, 0.0, 0.1])
    assert sorted(memory.frame_BM[0].tolist()) == [0, 3, 4]


def test_stored_tokens_carry_no_gradient() -> None:
    stm = STM(3, ADMISSION, "quality")
    token = torch.ones(1, 2, requires_grad=True)
    memory = stm.update(stm.start(token), token, torch.ones(1, requires_grad=True), torch.ones(1).long())
    assert not memory.token_BMC.requires_grad
    assert not memory.quality_BM.requires_grad
