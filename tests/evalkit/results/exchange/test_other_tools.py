"""Files as CVAT, Label Studio, Ultralytics, MOTChallenge and COCO's users write them."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.results.exchange.clip import Clip
from evalkit.results.exchange.formats import read_clips

NAN = [np.nan] * 4
CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>7</id><name>my task</name><size>6</size><mode>interpolation</mode><overlap>5</overlap>
      <start_frame>0</start_frame><stop_frame>5</stop_frame><frame_filter></frame_filter>
      <labels><label><name>car</name></label></labels>
      <original_size><width>64</width><height>48</height></original_size>
    </task>
    <dumped>2026-01-01 00:00:00.000000+00:00</dumped>
    <source>street.mp4</source>
  </meta>
  <track id="0" label="car" source="manual">
    <box frame="1" keyframe="1" outside="0" occluded="0" xtl="10.00" ytl="5.25" xbr="30.50" ybr="15.25" z_order="0"/>
    <box frame="3" keyframe="1" outside="0" occluded="1" xtl="14.00" ytl="7.25" xbr="34.50" ybr="17.25" z_order="0">
      <attribute name="parked">false</attribute>
    </box>
    <box frame="4" keyframe="1" outside="1" occluded="0" xtl="14.00" ytl="7.25" xbr="34.50" ybr="17.25" z_order="0"/>
  </track>
</annotations>
"""
CVAT_BOXES = [NAN, [10, 5.25, 20.5, 10], [12, 6.25, 20.5, 10], [14, 7.25, 20.5, 10], NAN, NAN]


def label_studio(sequence: list[dict[str, object]], frames: int = 6) -> str:
    value = {"framesCount": frames, "duration": 0.24, "sequence": sequence, "labels": ["Car"]}
    result = {"id": "x1", "type": "videorectangle", "value": value, "from_name": "box", "to_name": "video"}
    label = {"id": "x1", "type": "labels", "value": {"labels": ["Car"]}, "from_name": "l", "to_name": "video"}
    annotation = {"id": 1, "was_cancelled": False, "result": [result, label]}
    data = {"video": "/data/upload/3/0a1b2c3d-street.mp4"}
    return json.dumps([{"id": 5, "data": data, "annotations": [annotation], "predictions": []}])


def key(frame: int, x: float, *, enabled: bool = True) -> dict[str, object]:
    rest = {"y": 50, "width": 25.0, "height": 12.5, "rotation": 0, "time": 0.04 * frame}
    return {"frame": frame, "x": x, "enabled": enabled, **rest}


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """``street``: six images of 64 x 48 pixels."""
    folder = tmp_path / "street"
    folder.mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / f"{number:06d}.png"), np.zeros((48, 64, 3), np.uint8))
    return folder


def only(clips: tuple[Clip, ...]) -> Clip:
    (clip,) = clips
    return clip


def test_cvat_interpolates_until_outside(tmp_path: Path, street: Path) -> None:
    (tmp_path / "annotations.xml").write_text(CVAT)
    clip = only(read_clips(tmp_path / "annotations.xml"))
    assert (clip.name, clip.length, clip.size, clip.frames) == ("my task", 6, (64, 48), street)
    assert [track.name for track in clip.tracks] == ["car"]
    np.testing.assert_array_equal(clip.tracks[0].boxes, CVAT_BOXES)


def test_cvats_zip_is_read_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("annotations.xml", CVAT)
    np.testing.assert_array_equal(only(read_clips(tmp_path / "task.zip")).tracks[0].boxes, CVAT_BOXES)


def test_a_cvat_track_that_never_leaves_lasts_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(CVAT.replace('outside="1"', 'outside="0"'))
    boxes = only(read_clips(tmp_path / "a.xml")).tracks[0].boxes
    np.testing.assert_array_equal(boxes[4:], [[14, 7.25, 20.5, 10]] * 2)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("<?xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><?xml", "row 1: has a document type"),
        ("<annotations>", "<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>", "row 2: has a document type"),
        ("<annotations>", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations>', "row 2: has a document type"),
        ("</track>", "", "no XML: mismatched tag"),
        ('xtl="10.00"', 'xtl="ten"', "row 15: xtl: 'ten' is no number"),
        ('xtl="10.00"', "", "row 15: xtl: '' is no number"),
        ('frame="1"', 'frame="-1"', "row 15: frame '-1' of a <box>"),
        ('frame="4"', 'frame="9"', "row 19: frame 9 of 6"),
        ('frame="4"', 'frame="3"', "row 14: track 0, car has two boxes in frame 3"),
        ("<size>6</size>", "<size>six</size>", "<size> is no whole number"),
        ("<size>6</size>", "<size>99999999</size>", "99999999 frames"),
        ("<frame_filter></frame_filter>", "<frame_filter>step=2</frame_filter>", "only some of the video's frames"),
        ('z_order="0"/>', 'z_order="0" rotation="30"/>', "the box is rotated"),
        ("<box ", "<polygon ", "no XML"),
        ("</track>", '<polygon frame="0"/></track>', "<polygon>: only boxes are read"),
        ("task>", "project>", "is of a whole project"),
        ("</meta>", '</meta><image id="0"/>', "is 'CVAT for images'"),
        ("<track", "<other", "no XML"),
    ],
)
def test_what_is_wrong_with_a_cvat_file_is_said_in_a_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    file = tmp_path / "a.xml"
    file.write_text(CVAT.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_clips(file)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_label_studio_counts_from_1_and_a_disabled_key_is_the_last(tmp_path: Path, street: Path) -> None:
    keys = [key(2, 10), key(4, 20, enabled=False), key(6, 50)]
    (tmp_path / "export.json").write_text(label_studio(keys))
    clip = only(read_clips(tmp_path / "export.json"))
    assert (clip.name, clip.length, clip.size, clip.frames) == ("street", 6, (64, 48), street)
    rows = [NAN, [6.4, 24, 16, 6], [9.6, 24, 16, 6], [12.8, 24, 16, 6], NAN, [32, 24, 16, 6]]
    np.testing.assert_allclose(clip.tracks[0].boxes, rows, rtol=1e-15)
    assert clip.tracks[0].name == "Car"


@pytest.mark.parametrize("shuffled", [False, True])
def test_keyframes_are_filled_as_label_studios_own_code_does(shuffled: bool, tmp_path: Path, street: Path) -> None:
    video = pytest.importorskip("label_studio_sdk._extensions.label_studio_tools.postprocessing.video")
    keys = [key(1, 10.5), key(3, 17.25), key(4, 3, enabled=False), key(6, 50)]
    tasks = label_studio(keys[::-1] if shuffled else keys)
    (tmp_path / "export.json").write_text(tasks)
    found = only(read_clips(tmp_path / "export.json")).tracks[0]
    (whole,) = video.extract_key_frames(json.loads(tasks)[0]["annotations"][0]["result"][:1])
    expected = np.full((6, 4), np.nan)
    for row in whole["value"]["sequence"]:
        expected[row["frame"] - 1] = [row["x"] * 0.64, row["y"] * 0.48, row["width"] * 0.64, row["height"] * 0.48]
    np.testing.assert_allclose(found.boxes, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"frame": 0}, "[0].annotations[0].result[0].value.sequence[0] is of frame 0"),
        ({"frame": 7}, "has a box in frame 6 of 6"),
        ({"frame": 1.5}, "sequence[0].frame is no whole number"),
        ({"x": "left"}, "sequence[0].x is no number"),
        ({"x": 1e30}, "is no coordinate"),
        ({"rotation": 5}, "the box is rotated"),
        ({"width": None}, "sequence[0].width is no number"),
    ],
)
def test_what_is_wrong_with_a_task_is_said_by_its_place(
    change: dict[str, object], problem: str, tmp_path: Path, street: Path
) -> None:
    (tmp_path / "a.json").write_text(label_studio([key(2, 10) | change]))
    with pytest.raises(InputError) as caught:
        read_clips(tmp_path / "a.json")
    assert problem in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "a.json"))


def test_percent_need_the_images(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(label_studio([key(1, 10)]))
    with pytest.raises(InputError, match=r"street.mp4 is not at hand \(give the video or the images with --frames\)"):
        read_clips(tmp_path / "a.json")


def test_motchallenge_counts_everything_from_1(tmp_path: Path) -> None:
    home = tmp_path / "MOT17-02"
    (home / "gt").mkdir(parents=True)
    (home / "gt" / "gt.txt").write_text("1,1,1,1,10,20,1,1,1\n3,1,2.5,1,10,20,1,1,0.5\n2,4,7,8,9,10,0,7,1\n")
    (home / "seqinfo.ini").write_text("[Sequence]\nname=MOT17-02\nseqLength=4\nimWidth=64\nimHeight=48\n")
    clip = only(read_clips(home))
    assert (clip.name, clip.length, clip.size) == ("MOT17-02", 4, (64, 48))
    assert [track.name for track in clip.tracks] == ["1", "4"]
    np.testing.assert_array_equal(clip.tracks[0].boxes, [[0, 0, 10, 20], NAN, [1.5, 0, 10, 20], NAN])
    np.testing.assert_array_equal(clip.tracks[1].boxes, [NAN, [6, 7, 9, 10], NAN, NAN])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1,1,1,1,10\n", "row 1: 5 columns"),
        ("1,1,1,1,10,x,1\n", "row 1: h: 'x' is no number"),
        ("1,1,1,1,10,9,1\n1,1,2,2,10,9,1\n", "row 2: a second box of id 1 in frame 1"),
        ("0,1,1,1,10,9,1\n", "row 1: frame 0 (frames count from 1)"),
        ("1.5,1,1,1,10,9,1\n", "row 1: frame '1.5' is no whole number"),
        ("999999999,1,1,1,10,9,1\n", "999999999 frames"),
        ("\n", "holds no boxes"),
    ],
)
def test_what_is_wrong_with_a_mot_file_is_said_with_its_row(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        read_clips(tmp_path / "a.txt", "mot")
    assert problem in str(caught.value)


def test_yolo_as_ultralytics_tracks(tmp_path: Path, street: Path) -> None:
    labels = tmp_path / "run" / "labels"
    labels.mkdir(parents=True)
    (tmp_path / "run" / "classes.txt").write_text("person\ncar\n")
    (labels / "street_1.txt").write_text("1 0.25 0.5 0.25 0.125 0.875 7\n1 0.5 0.5 0.25 0.125 0.5 9\n")
    (labels / "street_3.txt").write_text("1 0.5 0.5 0.25 0.125 0.75 7\n")
    for image in street.iterdir():
        image.rename(street / f"street_{int(image.stem) + 1}.png")
    clip = only(read_clips(tmp_path / "run", "yolo", street))
    assert [track.name for track in clip.tracks] == ["car", "car-2"]
    np.testing.assert_array_equal(clip.tracks[0].boxes, [[8, 21, 16, 6], NAN, [24, 21, 16, 6], NAN, NAN, NAN])
    assert clip.tracks[0].scores is not None
    assert clip.tracks[0].scores[[0, 2]].tolist() == [0.875, 0.75]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0 0.5 0.5 0.1\n", "row 1: 4 columns"),
        ("car 0.5 0.5 0.1 0.1\n", "row 1: class 'car'"),
        ("0 0.5 0.5 0.1 0.1\n0 0.4 0.5 0.1 0.1\n", "row 2: a second box of 0 in one frame"),
        ("0 0.5 nan 0.1 0.1\n", "row 1: cy: 'nan' is no number"),
    ],
)
def test_what_is_wrong_with_a_yolo_file_is_said_with_its_row(
    tmp_path: Path, street: Path, text: str, problem: str
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "000000.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        read_clips(tmp_path / "labels", "yolo", street)
    assert problem in str(caught.value)


def coco() -> dict[str, list[dict[str, object]]]:
    return {
        "videos": [{"id": 1, "name": "street", "width": 64, "height": 48}],
        "images": [{"id": 10 + n, "video_id": 1, "frame_id": n, "file_name": f"street/{n:06d}.png"} for n in (1, 0, 2)],
        "categories": [{"id": 3, "name": "car"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 10,
                "category_id": 3,
                "instance_id": 5,
                "bbox": [0.5, 1, 2, 3],
                "area": 6,
                "iscrowd": 0,
            },
            {
                "id": 2,
                "image_id": 12,
                "category_id": 3,
                "instance_id": 5,
                "bbox": [4, 5, 6, 7],
                "area": 42,
                "iscrowd": 0,
            },
        ],
    }


def test_coco_joins_boxes_by_track(tmp_path: Path, street: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(coco()))
    clip = only(read_clips(tmp_path / "a.json"))
    assert (clip.name, clip.length, clip.size, clip.frames) == ("street", 3, (64, 48), street)
    np.testing.assert_array_equal(clip.tracks[0].boxes, [[0.5, 1, 2, 3], NAN, [4, 5, 6, 7]])
    assert (clip.tracks[0].name, clip.tracks[0].truth) == ("car", True)


def test_youtube_vis_has_an_annotation_a_track(tmp_path: Path, street: Path) -> None:
    files = [f"street/{number:06d}.png" for number in range(3)]
    video = {"id": 7, "width": 64, "height": 48, "length": 3, "file_names": files}
    track = {"id": 9, "video_id": 7, "category_id": 3, "bboxes": [None, [1.5, 2, 3, 4], [5, 6, 7, 8]], "areas": []}
    content = {"videos": [video], "categories": [{"id": 3, "name": "car"}], "annotations": [track]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    clip = only(read_clips(tmp_path / "a.json"))
    assert (clip.name, clip.length, clip.size, clip.frames) == ("street", 3, (64, 48), street)
    np.testing.assert_array_equal(clip.tracks[0].boxes, [NAN, [1.5, 2, 3, 4], [5, 6, 7, 8]])


@pytest.mark.parametrize(
    ("place", "change", "problem"),
    [
        (("annotations", 1), {"image_id": 99}, "annotations[1].image_id: there is no image 99"),
        (("annotations", 1), {"image_id": 10}, "annotations[1] is a second box of track 5 in frame 0 of street"),
        (("annotations", 0), {"bbox": [1, 2, 3]}, "annotations[0].bbox has 3 numbers, a box has 4"),
        (("annotations", 0), {"bbox": [1, 2, 3, "w"]}, "annotations[0].bbox[3] is no number"),
        (("annotations", 0), {"bboxes": [], "video_id": 1}, "annotations[0] has 0 boxes, video 1 has 3 frames"),
        (("annotations", 0), {"bboxes": [None, [1], None], "video_id": 1}, "annotations[0].bboxes[1] has 1 numbers"),
        (("images", 2), {"id": 11}, "there are two images 11"),
        (("images", 0), {"video_id": 8}, "images[0].video_id: there is no video 8"),
    ],
)
def test_what_is_wrong_with_a_coco_file_is_said_by_its_place(
    place: tuple[str, int], change: dict[str, object], problem: str, tmp_path: Path
) -> None:
    content = coco()
    content[place[0]][place[1]] |= change
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        read_clips(tmp_path / "a.json")
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a.xml", "a.zip"])
def test_a_pipe_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match=r"is a pipe, not a file"):
        read_clips(tmp_path / name, "cvat" if name == "a.xml" else None)


def test_what_no_format_claims(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_text("boxes")
    with pytest.raises(InputError, match=r"looks like no annotation that is read \(--from coco\|cvat"):
        read_clips(tmp_path / "a.docx")
