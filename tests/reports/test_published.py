"""Published figures: complete, sourced, conflicts kept."""

from __future__ import annotations

from reports.published import COLUMNS, comparable, published, published_tables


def test_every_row_has_its_source_and_no_row_is_there_twice() -> None:
    table = published()
    assert tuple(table.columns) == COLUMNS
    assert (table["source"] != "").all()
    assert not table.duplicated().any()
    assert table["tracker"].nunique() >= 25


def test_stdtrack_has_what_its_abstract_states_and_nothing_else() -> None:
    own = published().query("tracker == 'STDTrack'")
    stated = own.dropna(subset=["value"])
    assert dict(zip(stated["quantity"], stated["value"], strict=True)) == {"gpu_fps": 192, "cpu_fps": 41}
    assert {"ao", "auc", "parameters", "macs"} <= set(own.loc[own["value"].isna(), "quantity"])


def test_conflicting_sources_stand_side_by_side() -> None:
    overview, sources = published_tables(published())
    cells = dict(zip(overview.columns, overview.rows[overview.keys.index("HiT-Small")], strict=True))
    assert cells["LaSOT AUC"].text == "60.5 / 60.4"
    assert len(sources.rows) == len(published())
    own = dict(zip(overview.columns, overview.rows[overview.keys.index("STDTrack")], strict=True))
    assert (own["GPU FPS"].text, own["LaSOT AUC"].text) == ("192", "not stated")


def test_every_tracker_is_marked_as_published() -> None:
    for table in published_tables(published()):
        assert all(row[0].text.endswith(" †") for row in table.rows)


def test_plausible_units() -> None:
    table = published().dropna(subset=["value"])
    percent = table[table["unit"] == "%"]
    assert percent["value"].between(20, 100).all()
    assert (table["value"] > 0).all()
    speeds = table[table["unit"] == "fps"]
    assert (speeds["device"] != "").all()


def test_speeds_of_like_devices_alone_are_compared() -> None:
    on_cpu = {row["tracker"]: row["fps"] for row in comparable(published(), "lasot", "auc", "AMD EPYC")}
    on_gpu = {row["tracker"]: row["fps"] for row in comparable(published(), "lasot", "auc", "NVIDIA A100")}
    assert (on_cpu["HiT-Base"], on_gpu["HiT-Base"]) == (33, 175)
    assert "STDTrack" not in on_cpu
    assert comparable(published(), "otb100", "auc", "cpu") == []
