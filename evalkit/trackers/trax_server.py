"""Any tracker of ours as a TraX server, for VOT's toolkit and other clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.sequences.frames import decode_image, read_image
from evalkit.trackers.base import Tracker
from evalkit.trackers.trax import CHANNEL
from evalkit.trackers.trax_regions import import_trax
from evalkit.types import Image


def serve(tracker: Tracker, name: str) -> None:
    """Answer a client on standard input and output until it says good-bye.

    Boxes are rectangles; the score goes along as the property ``confidence``.

    Raises:
        InputError: the client broke the protocol or closed the connection.
    """
    trax = import_trax()
    formats = [trax.Image.PATH, trax.Image.MEMORY, trax.Image.BUFFER]
    server = trax.Server([trax.Region.RECTANGLE], formats, tracker_name=name)
    try:
        while (request := server.wait()).type != trax.TraxStatus.QUIT:
            server.status([_answer(tracker, request)])
    except trax.TraxException as error:
        raise InputError(f"the TraX client left or sent what is no request: {error}") from error


def _answer(tracker: Tracker, request: Any) -> tuple[Any, dict[str, str]]:
    trax = import_trax()
    image = to_image(request.image[CHANNEL])
    if request.type == trax.TraxStatus.INITIALIZE:
        if len(request.objects) != 1:
            raise InputError(f"{len(request.objects)} targets: this tracker follows one")
        region = request.objects[0][0]
        tracker.init(image, np.array(region.bounds(), dtype=np.float64))
        return region, {}
    prediction = tracker.update(image)
    return trax.Rectangle.create(*prediction.box.tolist()), {"confidence": repr(float(prediction.score))}


def to_image(image: Any) -> Image:
    """A TraX image, whatever its form, as uint8 RGB (H, W, 3); raises InputError for what cannot be decoded."""
    match image.type():
        case "path":
            return read_image(Path(image.path()))
        case "buffer":
            return decode_image(bytes(image.buffer()), "image from the TraX client")
        case "memory":
            array = image.array()
            if array.dtype != np.uint8:
                raise InputError("the TraX client sends images of 16 bits")
            rgb: Image = np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array
            return rgb
        case kind:
            raise InputError(f"the TraX client sends images by {kind}, which is not announced")
