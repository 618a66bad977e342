"""A variation's ground truth moves with its seed: results are scored with the one that they were drawn with."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit import InputError, run, score

ON = "folder+shake@5"


def test_the_seed_of_the_runs_is_taken_where_none_is_named(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Bright", on=f"{ON}?seed=7", data=clips, out=tmp_path)
    named, silent = (score(tmp_path, on=on, data=clips, cache=False).overall()["auc"] for on in (f"{ON}?seed=7", ON))
    assert silent.tolist() == named.tolist()
    with pytest.raises(InputError, match="was run with seed=7, not 0") as refused:
        score(tmp_path, on=f"{ON}?seed=0", data=clips, cache=False)
    assert refused.value.hint == f"--on '{ON}?seed=7'"


def test_of_trackers_with_several_seeds_those_of_another_are_refused(clips: Path, tmp_path: Path) -> None:
    run({"first": "pixel_trackers:Bright"}, on=ON, data=clips, out=tmp_path)
    run({"second": "pixel_trackers:Bright"}, on=f"{ON}?seed=7", data=clips, out=tmp_path)
    for on, scored, refused in ((ON, "first", "second"), (f"{ON}?seed=7", "second", "first")):
        scores = score(tmp_path, on=on, data=clips, cache=False)
        assert [one.tracker for one in scores] == [scored]
        assert [one.tracker for one in scores.refused] == [refused]
