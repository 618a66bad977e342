"""The network as equations: pure torch, no files, no images. The paper's parts, in the order of a frame:

=====================  ==========================================  =====================================
part of the paper      where                                       file
=====================  ==========================================  =====================================
dense video sampling   ``dense_indices``                            ``stdtrack/training/frame_sampling.py``
spatiotemporal token   ``STDTrack._advance``, ``TrackState``       ``network.py``
feature extraction     ``Backbone`` (its stems: ``stem.py``)       ``backbone.py``, ``attention.py``
MFIFM                  ``MFIFM``                                   ``spatiotemporal.py``
multi-scale head       ``Neck``, ``Gate``, ``Head``                ``head.py``
quality                ``QualityHead``                             ``spatiotemporal.py``
STM                    ``STM``, ``Memory``                         ``spatiotemporal.py``
=====================  ==========================================  =====================================

Sizes and details are this project's own, see :mod:`stdtrack.configs`. What serves deployment (folded and rearranged
graphs, exports) is in :mod:`stdtrack.inference`.
"""

from stdtrack.model.network import FrameOutput, STDTrack, TrackState
from stdtrack.model.spatiotemporal import STM, Memory

__all__ = ["STM", "FrameOutput", "Memory", "STDTrack", "TrackState"]
