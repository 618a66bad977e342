"""Damaged copies of valid files: what a fuzzer feeds the readers, reproducible from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

SPICES = (
    *(b"", b"\n", b"\r", b"\0", b",", b";", b"\t", b" ", b".", b"-", b'"', b"{", b"}", b"[", b"]", b":", b"=", b"/../"),
    *(b"nan", b"inf", b"NaN", b"Infinity", b"1e999", b"-0", b"9" * 400, b"1e", b"0x10", b"1_000", b"null", b"true"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\\ud800", "٣".encode(), "½".encode(), b"[" * 2000, b"%s", b"\x1b[2J"),
)


def damaged(samples: Sequence[bytes], seed: int) -> bytes:
    """One of the samples after one to four random edits: bytes replaced, cut out, doubled, or something put in."""
    random = Random(seed)
    content = bytearray(random.choice(samples))
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(content))
        end = min(start + random.choice((0, 1, 1, 2, 8, 64)), len(content))
        match random.randrange(5):
            case 0:
                content[start:end] = random.randbytes(end - start)
            case 1:
                del content[start:end]
            case 2:
                content[start:start] = content[start:end]
            case 3:
                del content[start:]
            case _:
                content[start:end] = random.choice(SPICES)
    return bytes(content)
