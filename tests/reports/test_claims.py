"""The card paper, ours, gap: the paper's words, our figures with their settings, and why there is none."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from evalkit.results.columns import SPEEDS
from evalkit.scoring.columns import FIGURES
from reports.claims import claims_table
from reports.inputs import ReportTables

OTHER = {"tracker": "opencv:csrt", "benchmark": "otb100", "protocol": "official", "metric": "auc", "value": 0.5}


def report(*speeds: tuple[object, ...]) -> ReportTables:
    """One score of a tracker that is not ours, and these speeds."""
    columns = ["tracker", "benchmark", "scope", "backend", "threads", "device", "fps_median"]
    made = ReportTables(pd.DataFrame([OTHER]).reindex(columns=list(FIGURES)))
    return replace(made, speeds=pd.DataFrame(list(speeds), columns=columns).reindex(columns=list(SPEEDS)))


def rows(tables: ReportTables) -> dict[str, tuple[str, ...]]:
    table = claims_table(tables)
    assert table is not None
    return {row[0].text: tuple(cell.text for cell in row[1:]) for row in table.rows}


def test_without_a_network_of_ours_there_is_no_card() -> None:
    assert claims_table(report(("opencv:csrt", "otb100", "track", "opencv", 1, "cpu", 30.0))) is None


def test_what_was_not_measured_says_why() -> None:
    card = rows(report(("stdtrack:nano", "otb100", "track", "onnx", 1, "cpu", 300.0)))
    why = "not measured here: no speed of stdtrack:base on a {} in this report"
    assert card["speed on a GPU"][:2] == ("192 FPS", why.format("GPU"))
    assert card["speed on a CPU"][:2] == ("41 FPS", why.format("CPU"))
    assert card["accuracy"][1].startswith("not measured here: ")
    assert card["GOT-10k"][1].startswith("not measured here: ")
    assert {row[2] for row in card.values()} == {"unknown"}


def test_the_fastest_measurement_of_base_stands_beside_the_paper_with_its_setting() -> None:
    speeds = [
        ("stdtrack:base", "otb100", "track", "eager", 1, "cpu", 20.5),
        ("stdtrack:base?backend=onnx", "otb100", "model", "onnx", 2, "cpu", 61.5),
        ("stdtrack:base", "otb100", "track", "eager", 1, "cuda:0", 96.0),
        ("stdtrack:nano", "otb100", "track", "onnx", 1, "cpu", 300.0),
    ]
    card = rows(report(*speeds))
    assert card["speed on a CPU"] == (
        "41 FPS",
        "61.5 FPS (stdtrack:base?backend=onnx: scope model, onnx, 2 threads, cpu)",
        "1.50",
    )
    assert card["speed on a GPU"] == (
        "192 FPS",
        "96.0 FPS (stdtrack:base: scope track, eager, 1 thread, cuda:0)",
        "0.50",
    )


def test_a_device_may_be_named_by_its_model() -> None:
    speeds = [
        ("stdtrack:base", "otb100", "track", "eager", 1, "AMD EPYC 7B13", 20.5),
        ("stdtrack:base", "otb100", "track", "eager", 1, "NVIDIA H200", 96.0),
        ("stdtrack:base", "otb100", "track", "eager", 1, "unknown", 500.0),
    ]
    card = rows(report(*speeds))
    assert card["speed on a CPU"][1] == "20.5 FPS (stdtrack:base: scope track, eager, 1 thread, AMD EPYC 7B13)"
    assert card["speed on a GPU"][1] == "96.0 FPS (stdtrack:base: scope track, eager, 1 thread, NVIDIA H200)"


def test_the_profile_counts_as_a_measurement() -> None:
    facts = {"tracker": ["stdtrack:base"], "scope": "track", "backend": "eager", "threads": 2, "device": "cpu"}
    latency = pd.DataFrame({**facts, "fps_median": 41.0})
    card = rows(replace(report(), profiles={"latency": latency}))
    assert card["speed on a CPU"] == ("41 FPS", "41.0 FPS (stdtrack:base: scope track, eager, 2 threads, cpu)", "1.00")


def test_an_overlap_on_got10k_is_named_with_its_split() -> None:
    common = {"benchmark": "got10k?split=val", "protocol": "official", "metric": "ao"}
    made = pd.DataFrame(
        [
            {"tracker": "stdtrack:nano", "sequence": None, "value": 0.61, **common},
            {"tracker": "stdtrack:nano", "sequence": "GOT-10k_Val_000001", "value": 0.99, **common},
            {"tracker": "opencv:csrt", "sequence": None, "value": 0.9, **common},
        ]
    ).reindex(columns=list(FIGURES))
    card = rows(replace(report(), scores=made))
    assert card["GOT-10k"][1] == "AO 0.610 (stdtrack:nano on got10k?split=val)"
