"""Numbers out of files that ``torch.save`` wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stdtrack.peers import torch_file
from stdtrack.peers.torch_file import StoredTensor, numbers_of, opened


@pytest.mark.parametrize("new", [True, False])
def test_tensors_that_share_numbers_copy_them_once(new: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, other = torch.arange(12.0), torch.arange(4)
    saved = {"whole": whole, "row": whole.view(3, 4)[1], "turned": whole.view(3, 4).T, "other": other}
    path = tmp_path / "net.pt"
    torch.save(saved, path, _use_new_zipfile_serialization=new)
    copied: list[int] = []

    def counted(data: bytes) -> bytearray:
        copied.append(len(data))
        return bytearray(data)

    monkeypatch.setattr(torch_file, "bytearray", counted, raising=False)
    with opened(path) as container:
        tensors = {name: value for name, value in container.content.items() if isinstance(value, StoredTensor)}
        values = numbers_of(container, tensors, path.stat().st_size)
    assert sorted(copied) == [4 * 8, 12 * 4]
    assert all(torch.equal(values[name], tensor) for name, tensor in saved.items())
    values["row"].zero_()  # each is in memory of its own
    assert torch.equal(values["whole"], whole)
