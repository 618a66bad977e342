"""Frames out of zip, tar and video: the same pictures as from the folder, and no way out of the archive."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.sequences.frames import ImageFolder
from evalkit.sequences.packed import ArchiveFrames, VideoFrames, count_frames, open_frames

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve smooth pictures, numbered without padding, so that the order is not the alphabet's."""
    images = tmp_path / "img"
    images.mkdir()
    rng = np.random.default_rng(1)
    for number in range(1, COUNT + 1):
        noise = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(images / f"{number}.jpg"), cv2.GaussianBlur(noise, (0, 0), 5) // 2 + 10 * number)
    return images


def pack(folder: Path, suffix: str, inside: str = "frames/") -> Path:
    target = folder.with_name(folder.name + suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, inside + path.name)
    elif suffix == ".tar":
        with tarfile.open(target, "w") as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, inside + path.name)
    else:
        writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
        for number in range(1, COUNT + 1):
            writer.write(cv2.imread(str(folder / f"{number}.jpg")))
        writer.release()
    return target


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_an_archive_has_the_pictures_of_the_folder(folder, suffix):
    plain, packed = ImageFolder(folder, COUNT), open_frames(pack(folder, suffix), COUNT)
    for index in (0, 11, 3):
        np.testing.assert_array_equal(packed.read(index), plain.read(index))
    assert packed.name(9).endswith("/10.jpg")
    copied = pickle.loads(pickle.dumps(packed))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(copied.read(5), plain.read(5))
    assert count_frames(packed.path) == COUNT


def test_a_video_has_them_too_in_any_order(folder):
    plain, packed = ImageFolder(folder, COUNT), open_frames(pack(folder, ".avi"), COUNT)
    packed.name(0)
    for index in (0, 1, 5, 2, 11):
        assert abs(packed.read(index).astype(int) - plain.read(index)).mean() < 4
    assert count_frames(packed.path) == COUNT


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".avi"])
def test_a_part_begins_where_the_list_says(folder, suffix):
    packed = open_frames(pack(folder, suffix), 3, first=7)
    expected = ImageFolder(folder, 3, first=7)
    for index in range(3):
        assert abs(packed.read(index).astype(int) - expected.read(index)).mean() < 4


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".avi"])
def test_too_few_frames_are_found_before_the_start(folder, suffix):
    with pytest.raises(InputError, match=r"12 (images|frames) for 13 rows"):
        open_frames(pack(folder, suffix), 13).name(0)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".avi"])
def test_sequences_are_found_with_packed_frames(folder, tmp_path, suffix):
    (tmp_path / "own" / "one").mkdir(parents=True)
    pack(folder, suffix).rename(tmp_path / "own" / "one" / f"img{suffix}")
    (tmp_path / "own" / "one" / "groundtruth.txt").write_text("1,2,3,4\n" * COUNT)
    sequence = open_benchmark("folder", data=tmp_path / "own").sequence("one")
    assert sequence.frames is not None
    assert sequence.frames.read(2).shape == (48, 64, 3)


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".mp4"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x00" * 5000])
def test_what_is_no_archive_is_wrong_input(tmp_path, suffix, content):
    path = tmp_path / f"img{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="img"):
        open_frames(path, 3).name(0)


@pytest.mark.parametrize("cut", [100, 2000])
def test_a_cut_off_archive_is_wrong_input(folder, cut):
    for suffix in (".zip", ".tar"):
        path = pack(folder, suffix)
        path.write_bytes(path.read_bytes()[:-cut] if suffix == ".zip" else path.read_bytes()[: 4096 - cut])
        with pytest.raises(InputError):
            open_frames(path, COUNT).name(0)


def test_links_and_devices_in_a_tar_are_no_frames(folder, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes((folder / "1.jpg").read_bytes())
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("1.jpg", tarfile.SYMTYPE), ("2.jpg", tarfile.LNKTYPE), ("3.jpg", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, str(secret)
            archive.addfile(member)
    assert ArchiveFrames(path, 0).images == ()


def test_names_that_lead_out_of_the_archive_lead_nowhere(folder, tmp_path):
    content = (folder / "1.jpg").read_bytes()
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../../1.jpg", content)
        archive.writestr("/tmp/2.jpg", content)
    before = set(tmp_path.rglob("*"))
    frames = ArchiveFrames(path, 2)
    assert frames.read(0).shape == frames.read(1).shape == (48, 64, 3)
    assert set(tmp_path.rglob("*")) == before


def test_a_bomb_is_refused_by_its_declared_size(tmp_path, monkeypatch):
    monkeypatch.setenv("STDTRACK_IMAGE_LIMIT", "1000")
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", b"\x00" * 100_000)
    with pytest.raises(InputError, match=r"bomb\.zip/1\.jpg: has 100000 bytes, more than the 1000 of"):
        ArchiveFrames(path, 1).read(0)


def test_a_member_that_lies_about_its_size_is_refused(folder, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", b"\x00" * 100_000)
    data = buffer.getvalue().replace((100_000).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    path = tmp_path / "liar.zip"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"1\.jpg"):
        ArchiveFrames(path, 1).read(0)


def test_videos_survive_pickling(folder):
    packed = VideoFrames(pack(folder, ".avi"), COUNT)
    packed.read(3)
    copied = pickle.loads(pickle.dumps(packed))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(copied.read(4), packed.read(4))
