"""Measured speeds beside published ones."""

from __future__ import annotations

import pandas as pd
import pytest

from evalkit.scoring.columns import COVERAGE, FIGURES
from reports.inputs import ReportTables, empty
from reports.plots.published_accuracy import draw
from reports.published import published
from reports.published_speeds import SPECS, beside_published, published_name


def latency(*rows: tuple[str, float], device: str = "cpu") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"tracker": tracker, "scope": scope, "backend": "eager", "threads": 1, "device": device, "fps_median": fps}
            for tracker, fps in rows
            for scope in ("model", "track")
        ]
    )


def tables_of(profiles: dict[str, pd.DataFrame]) -> ReportTables:
    return ReportTables(empty(FIGURES), empty(COVERAGE), profiles=profiles)


def test_every_spec_names_a_published_tracker() -> None:
    assert set(SPECS.values()) <= set(published()["tracker"])
    assert len(set(SPECS.values())) == len(SPECS)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("hit:base", "HiT-Base"),
        ("hit:base?weights=a.pth&cached=false", "HiT-Base"),
        ("hit:base x2", "HiT-Base"),
        ("hit:bases", None),
        ("module:hit:base", None),
        ("plain", None),
    ],
)
def test_a_label_names_a_published_tracker(label: str, name: str | None) -> None:
    assert published_name(label) == name


def test_a_speed_stands_beside_every_figure_of_its_kind() -> None:
    table = beside_published(latency(("hit:tiny", 38.0), ("opencv:kcf", 200.0)), published())
    assert set(table["tracker"]) == {"hit:tiny"}
    by_device = dict(zip(table["published_on"], table["ratio"], strict=True))
    assert by_device["cpu: i9-9900K"] == 38 / 76
    assert by_device["cpu: i9-9900K, ONNX"] == 38 / 125
    assert all(device.startswith("cpu: ") for device in by_device)
    assert (table["source"] != "").all()


def test_a_gpu_stands_beside_gpus() -> None:
    table = beside_published(latency(("hit:tiny", 408.0), device="NVIDIA H200"), published())
    assert dict(zip(table["published_on"], table["ratio"], strict=True)) == {
        "gpu: RTX 3090": 2.0,
        "gpu: RTX 3090, ONNX": 408 / 455,
    }


def test_without_a_figure_of_the_kind_all_others_stand_there() -> None:
    table = beside_published(latency(("litetrack:b4", 10.0)), published())
    assert "gpu: RTX 2080 Ti" in set(table["published_on"])
    assert "edge: Jetson Orin NX" in set(table["published_on"])


def test_the_plot_says_that_its_accuracy_is_published() -> None:
    measured = latency(("hit:tiny", 38.0), ("litetrack:b4", 10.0), ("opencv:kcf", 200.0))
    resources = pd.DataFrame({"tracker": ["hit:tiny", "litetrack:b4"], "parameters": [9.6e6, None]})
    profiles = {"latency": measured, "resources": resources}
    plots = {plot.name: plot for plot in draw(tables_of(profiles), None)}
    assert "published_accuracy_got10k" in plots
    caption = plots["published_accuracy_got10k"].caption
    assert "the accuracy was not measured" in caption
    assert "LiteTrack README" in caption
    texts = [text.get_text() for text in plots["published_accuracy_got10k"].figure.axes[0].texts]
    assert {"hit:tiny", "litetrack:b4"} <= set(texts)
    assert "opencv:kcf" not in texts


def test_nothing_is_drawn_of_trackers_that_nobody_published() -> None:
    profiles = {"latency": latency(("opencv:kcf", 200.0))}
    assert not list(draw(tables_of(profiles), None))
