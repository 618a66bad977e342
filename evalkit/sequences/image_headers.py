"""What the first bytes of an image file say: its size, depth and orientation, before a pixel is decoded.

Sources: the file formats' specifications (JPEG ITU-T T.81, PNG, BMP, Netpbm, WebP, GIF89a, JPEG 2000 ITU-T T.800);
:mod:`evalkit.sequences.tiff_tags` has TIFF's and Exif's.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from mmap import mmap

from evalkit.sequences.tiff_tags import ORIENTATION, OUTSIDE, exif_orientation, tag_pages, valid_orientation

KNOWN_TYPES = "JPEG, PNG, BMP, TIFF, WebP, Netpbm (PBM, PGM, PPM), JPEG 2000, GIF"
Content = bytes | mmap
_TRANSPOSED = (5, 6, 7, 8)
_PARTS = 100_000
"""So many segments, chunks or blocks of a file are looked at: one that has more was made to keep readers busy."""
_CUT = "it ends before the picture does"
_MARKER = re.compile(rb"\xff+([^\x00\xff])")


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of its picture.

    Attributes:
        kind: of file, such as ``JPEG``.
        width, height: in pixels, as stored; see :attr:`size`.
        maximum: the largest value that a channel can have: 255, 65535, or what a PGM file states.
        orientation: Exif's number; 1 means that the picture is stored as it is to be seen.
        pictures: how many the file holds, without thumbnails: more than 1 (GIF: 2 at most) is an animation or pages.
    """

    kind: str
    width: int
    height: int
    maximum: int = 255
    orientation: int = 1
    pictures: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture as it is seen, which is how it is decoded."""
        turned = self.orientation in _TRANSPOSED
        return (self.height, self.width) if turned else (self.width, self.height)


def parse_header(content: Content) -> ImageHeader:
    """Read the header of an image file.

    Raises:
        ValueError: the type is none of :data:`KNOWN_TYPES`, the header is damaged, or the file is cut off: a JPEG, PNG
            or WebP file says where it ends. Some versions of cv2 fill what is missing with grey.
    """
    for signature, parse in _PARSERS.items():
        if signature.match(content):
            try:
                header = parse(content)
            except OUTSIDE as error:
                raise ValueError("its header is damaged") from error
            if header.width < 1 or header.height < 1:
                raise ValueError(f"its header states {header.width} x {header.height} pixels")
            return header
    raise ValueError(f"it is none of {KNOWN_TYPES}")


def _jpeg(content: Content) -> ImageHeader:
    size, precision, orientation, body = (0, 0), 8, 1, 0
    for marker, body in jpeg_segments(content):
        if marker == 0xE1 and content[body : body + 6] == b"Exif\0\0" and orientation == 1:
            length = struct.unpack_from(">H", content, body - 2)[0]
            orientation = exif_orientation(content[body + 6 : body + length - 2])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and size == (0, 0):
            precision, height, width = struct.unpack_from(">BHH", content, body)
            size = (width, height)
    if content.find(b"\xff\xd9", body) < 0:
        raise ValueError(_CUT)
    return ImageHeader("JPEG", *size, maximum=(1 << precision) - 1, orientation=orientation)


def jpeg_segments(content: Content) -> Iterator[tuple[int, int]]:
    """(marker, offset of what follows its length) of a JPEG file, up to and with the start of the first scan."""
    offset = 2
    for _ in range(_PARTS):
        match = _MARKER.search(content, offset)
        if match is None:
            raise ValueError("it ends within its header")
        marker, offset = match[1][0], match.end()
        if marker != 0x01 and not 0xD0 <= marker <= 0xD9:  # those stand alone
            yield marker, offset + 2
            offset += struct.unpack_from(">H", content, offset)[0]
        if marker in (0xD9, 0xDA):
            return
    raise ValueError("its header is damaged")


def _png(content: Content) -> ImageHeader:
    width, height, depth = struct.unpack_from(">IIB", content, 16)
    pictures, orientation, name = 1, 1, b""
    for name, start, length in _png_chunks(content):
        if name == b"acTL":
            pictures = struct.unpack_from(">I", content, start)[0]
        elif name == b"eXIf":
            orientation = exif_orientation(content[start : start + length])
    if name != b"IEND":
        raise ValueError(_CUT)
    return ImageHeader("PNG", width, height, 65535 if depth == 16 else 255, orientation, pictures)


def _png_chunks(content: Content) -> Iterator[tuple[bytes, int, int]]:
    offset = 8
    for _ in range(_PARTS):
        if offset + 8 > len(content):
            return
        length, name = struct.unpack_from(">I4s", content, offset)
        yield name, offset + 8, length
        if name == b"IEND":
            return
        offset += 12 + length


def _bmp(content: Content) -> ImageHeader:
    old = struct.unpack_from("<I", content, 14)[0] == 12  # OS/2's header
    width, height = struct.unpack_from("<HH" if old else "<ii", content, 18)
    return ImageHeader("BMP", width, abs(height))


def _netpbm(content: Content) -> ImageHeader:
    fields = 2 if content[1:2] in (b"1", b"4") else 3  # bitmaps state no largest value
    gap = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
    match = re.match(rb"P\d" + fields * (gap + rb"(\d{1,9})"), content[:4096])
    if match is None:
        raise ValueError("its header is damaged")
    width, height, *maximum = map(int, match.groups())
    if maximum and not 0 < maximum[0] < 65536:
        raise ValueError(f"its header states a largest value of {maximum[0]}")
    return ImageHeader("Netpbm", width, height, *maximum)


def _webp(content: Content) -> ImageHeader:
    if struct.unpack_from("<I", content, 4)[0] + 8 > len(content):
        raise ValueError(_CUT)
    orientation, pictures, width, height = 1, 0, 0, 0
    for name, start, length in _riff_chunks(content):
        if name == b"VP8X":
            width = 1 + int.from_bytes(content[start + 4 : start + 7], "little")
            height = 1 + int.from_bytes(content[start + 7 : start + 10], "little")
        elif name == b"VP8 " and not width:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, start + 6))
        elif name == b"VP8L" and not width:
            bits = struct.unpack_from("<I", content, start + 1)[0]
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif name == b"EXIF":
            orientation = exif_orientation(content[start : start + length].removeprefix(b"Exif\0\0"))
        pictures += name == b"ANMF"
    return ImageHeader("WebP", width, height, orientation=orientation, pictures=max(1, pictures))


def _riff_chunks(content: Content) -> Iterator[tuple[bytes, int, int]]:
    offset = 12
    for _ in range(_PARTS):
        if offset + 8 > len(content):
            return
        name, length = struct.unpack_from("<4sI", content, offset)
        yield name, offset + 8, length
        offset += 8 + length + length % 2


def _gif(content: Content) -> ImageHeader:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    offset, pictures = 13 + _colour_table(flags), 0
    while pictures < 2 and content[offset : offset + 1] in (b"!", b","):
        if content[offset] == 0x2C:
            pictures += 1
            offset += 11 + _colour_table(content[offset + 9])  # and the byte of the code's size
        else:
            offset += 2
        offset = _after_blocks(content, offset)
    return ImageHeader("GIF", width, height, pictures=max(1, pictures))


def _after_blocks(content: Content, offset: int) -> int:
    for _ in range(_PARTS):
        if content[offset] == 0:
            break
        offset += 1 + content[offset]
    return offset + 1


def _colour_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _jpeg2000(content: Content) -> ImageHeader:
    start = 0 if content[:4] == b"\xff\x4f\xff\x51" else _codestream(content)
    right, bottom, left, top = struct.unpack_from(">4I", content, start + 8)
    depth = 1 + (content[start + 42] & 0x7F)
    return ImageHeader("JPEG 2000", right - left, bottom - top, maximum=(1 << max(8, depth)) - 1)


def _codestream(content: Content) -> int:
    """Offset of the codestream in a JP2 file, which is a row of boxes."""
    offset = 0
    for _ in range(_PARTS):
        length, name = struct.unpack_from(">I4s", content, offset)
        header = 16 if length == 1 else 8
        if name == b"jp2c":
            return offset + header
        offset += struct.unpack_from(">Q", content, offset + 8)[0] if length == 1 else max(length, 8)
    raise ValueError("its header is damaged")


def _tiff(content: Content) -> ImageHeader:
    pages = list(tag_pages(content))
    full = [page for page in pages if not page.get(254, 0) & 1]  # the others are thumbnails
    first = pages[0]
    depth = first.get(258, 1)
    return ImageHeader(
        "TIFF", first.get(256, 0), first.get(257, 0), 255 if depth <= 8 else (1 << depth) - 1,
        valid_orientation(first.get(ORIENTATION, 1)), max(1, len(full)),
    )  # fmt: skip


_PARSERS: Mapping[re.Pattern[bytes], Callable[[Content], ImageHeader]] = {
    re.compile(signature, re.DOTALL): parse
    for signature, parse in {
        rb"\xff\xd8\xff": _jpeg,
        rb"\x89PNG\r\n\x1a\n": _png,
        rb"BM": _bmp,
        rb"II[*+]\0|MM\0[*+]": _tiff,
        rb"RIFF....WEBP": _webp,
        rb"P[1-6][ \t\r\n\v\f#]": _netpbm,
        rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": _jpeg2000,
        rb"GIF8[79]a": _gif,
    }.items()
}
