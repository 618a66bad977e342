"""The card as Markdown and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from stdtrack.compression.card import Card, Ratio, Side

SIDE = Side("stdtrack:nano", "onnx", 1_456_000, 131_600_000, 7_000_000, {"track": 5.0}, {"track": 200.0}, 0.7)
CARD = Card(
    steps=("int8: all layers.",),
    facts={"int8": {"agreement": 0.995}},
    original=SIDE,
    compressed=replace(SIDE, spec="stdtrack:nano?path=a|b", bytes=2_000_000, macs=None),
    ratios={"track": Ratio(0.6, 0.5, 0.7)},
    agreement=0.98,
    alike=0.91,
    clips=("demo/first (60 frames)",),
    calibrated=("demo/second (60 frames)",),
    circumstances=("A machine.",),
    threads=1,
)


def test_both_files_say_the_same(tmp_path: Path) -> None:
    CARD.write(tmp_path)
    content = json.loads((tmp_path / "card.json").read_text())
    assert content["format"] == 1
    assert content["ratios"]["track"] == {"value": 0.6, "low": 0.5, "high": 0.7}
    page = (tmp_path / "card.md").read_text()
    for text in ("int8: all layers.", "2.00 MB", "131,600,000", "0.600 times", "0.9800", "1 thread.", "A machine."):
        assert text in page
    assert "a\\|b" in page, "a bar would end the cell"
    assert "–" in page, "MACs that nobody knows"


def test_figures_of_the_clips_that_steps_looked_at_say_so() -> None:
    assert "optimistic" not in CARD.markdown()
    assert "optimistic" in replace(CARD, calibrated=CARD.clips).markdown()
