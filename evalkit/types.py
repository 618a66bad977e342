"""Array types used everywhere: what shape, dtype and convention a name stands for."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""H x W x 3, RGB."""

Box: TypeAlias = NDArray[np.float64]
"""(4,): x, y, w, h; top-left origin, continuous pixels, 0-based unless a name says ``native``."""

Boxes: TypeAlias = NDArray[np.float64]
"""(N, 4): one :data:`Box` a frame."""

Flags: TypeAlias = NDArray[np.bool_]
"""(N,): one truth value a frame."""

Vector: TypeAlias = NDArray[np.float64]
"""(N,): one number a frame, threshold or sequence."""
