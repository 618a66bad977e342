"""Whatever a file holds, a loader gives a sequence or one clear error."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.reading.archive import open_archive

ROWS, FLAGS = b"1,2,3,4\n5,6,7,8\n", b"0,1"
TREES = {
    "otb100": {"Basketball/groundtruth_rect.txt": ROWS},
    "lasot": {
        "airplane-1/groundtruth.txt": ROWS,
        "airplane-1/full_occlusion.txt": FLAGS,
        "absent/airplane-1.txt": FLAGS,
    },
    "tnl2k": {"annos/gt_rect/a.txt": ROWS, "annos/absent/a.txt": FLAGS, "annos/att/a_attribute.txt": b"0\n" * 17},
    "got10k": {"val/a/groundtruth.txt": ROWS, "val/a/cover.label": FLAGS, "val/a/meta_info.ini": b"resolution: (8, 6)"},
    "got10k?split=val": {"gt/a/groundtruth.txt": ROWS, "inferred_meta.json": b'{"seqs": {}}', "gt/list.txt": b"a"},
    "nfs30": {"a/30/a.txt": b'0 1 2 3 4 0 0 0 0 "a"\n'},
    "vot2018": {"gt/a.txt": ROWS, "image_sizes.json": b'{"a": [8, 6]}', "list.txt": b"a\n"},
    "vot2019": {"a/groundtruth.txt": ROWS, "a/sequence": b"width=8\nheight=6\n", "a/occlusion.tag": FLAGS},
}
CASES = [(name, file) for name, tree in TREES.items() for file in tree]
SETTINGS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
content = st.one_of(st.binary(max_size=40), st.text('0123456789,.\n \t-{}[]":=eqsx', max_size=40).map(str.encode))


@pytest.mark.parametrize(("name", "file"), CASES)
@SETTINGS
@given(damage=content, keep=st.integers(0, 12))
def test_loaders(name: str, file: str, tmp_path: Path, damage: bytes, keep: int) -> None:
    for path, original in TREES[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(original[:keep] + damage if path == file else original)
    try:
        benchmark = open_benchmark(name, data=tmp_path)
        sequences = [benchmark.sequence(each) for each in (*benchmark.inventory().present, *benchmark.sources)]
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - an error is as good as a sequence, if it is clear
        return
    for sequence in sequences:
        assert sequence.native.shape == (len(sequence), 4)
        assert sequence.absent is None or sequence.absent.shape == (len(sequence),)
        assert all(values.shape == (len(sequence),) for values in sequence.flags.values())


def archive_bytes(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("anno/a.txt", ROWS * 9)
    else:
        with tarfile.open(fileobj=stream, mode=f"w:{kind}") as archive:
            member = tarfile.TarInfo("anno/a.txt")
            member.size = len(ROWS * 9)
            archive.addfile(member, io.BytesIO(ROWS * 9))
    return stream.getvalue()


@pytest.mark.parametrize(("kind", "name"), [("zip", "a.zip"), ("gz", "a.tar.gz"), ("xz", "a.tar.xz"), ("", "a.tar")])
@SETTINGS
@given(data=st.data())
def test_archives(kind: str, name: str, tmp_path: Path, data: st.DataObject) -> None:
    original = archive_bytes(kind)
    position = data.draw(st.integers(0, len(original) - 1))
    damaged = (
        original[:position] + data.draw(st.binary(max_size=3)) + original[position + data.draw(st.integers(0, 9)) :]
    )
    (tmp_path / name).write_bytes(damaged)
    try:
        files = open_archive(tmp_path / name).files
    except InputError as error:
        assert error.path == tmp_path / name  # noqa: PT017
        return
    assert all(isinstance(file, bytes) for file in files.values())
