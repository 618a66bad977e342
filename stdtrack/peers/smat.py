"""SMAT (WACV 2024, arXiv 2309.03979): separable attention over template and search, in the backbone and in the head.

Shapes: B crops, C channels, P pixels of a patch, N patches, D channels of a patch's pixel, G x G cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.peers.blocks import MapNetwork, Towers, bounded
from stdtrack.peers.family import Family
from stdtrack.peers.network import PeerConfig, Tensors
from stdtrack.peers.smat_backbone import Backbone, Unit, layers


@dataclass(frozen=True)
class SmatConfig(PeerConfig):
    """Pixels are divided by 255 and no more; the widths are those of the only variant."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    features: int = 384
    template_cells: int = 64
    head: tuple[int, int, int] = (128, 64, 32)
    grid: int = 16


class Neck(nn.Module):
    """A batch norm for each image's features."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.BN_x = nn.BatchNorm2d(features)
        self.BN_z = nn.BatchNorm2d(features)

    def forward(self, search_BCGG: Tensor, template_BCGG: Tensor) -> tuple[Tensor, Tensor]:
        """Both features -> both features."""
        return self.BN_x(search_BCGG), self.BN_z(template_BCGG)


class ChannelAttention(nn.Module):
    """Each channel times a gate, computed from the channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels, 1)
        self.fc2 = nn.Conv2d(channels, channels, 1)

    def forward(self, x_BCGG: Tensor) -> Tensor:
        """(B, C, G, G) -> (B, C, G, G)."""
        mean_BC11 = x_BCGG.mean(dim=(2, 3), keepdim=True)
        return x_BCGG * torch.sigmoid(self.fc2(F.relu(self.fc1(mean_BC11))))


class Correlation(nn.Module):
    """Every template vector as a 1 x 1 filter on the search features, then channel attention."""

    def __init__(self, template_cells: int) -> None:
        super().__init__()
        self.CA_layer = ChannelAttention(template_cells)

    def forward(self, search_BCGG: Tensor, template_BCHW: Tensor) -> Tensor:
        """(B, C, G, G), (B, C, H, W) -> (B, H * W, G, G)."""
        products_BNM = template_BCHW.flatten(2).transpose(1, 2) @ search_BCGG.flatten(2)
        correlated_BNGG: Tensor = self.CA_layer(products_BNM.view(*products_BNM.shape[:2], *search_BCGG.shape[2:]))
        return correlated_BNGG


class Fusion(nn.Module):
    """Correlation, and a convolution to the head's width."""

    def __init__(self, template_cells: int, dim: int) -> None:
        super().__init__()
        self.pw_corr = Correlation(template_cells)
        self.adj_layer = nn.Conv2d(template_cells, dim, 1)

    def forward(self, search_BCGG: Tensor, template_BCHW: Tensor) -> Tensor:
        """Features of both images -> (B, C, G, G)."""
        fused_BCGG: Tensor = self.adj_layer(self.pw_corr(search_BCGG, template_BCHW))
        return fused_BCGG


class Head(Towers):
    """Score from one branch of attention layers, offset and size from another; every pixel is a patch."""

    def __init__(self, dims: tuple[int, int, int]) -> None:
        super().__init__()
        dim = dims[0]
        self.pre_ssat_cls = Unit((dim, dim), 3, norm=True, act=True)
        self.pre_ssat_reg = Unit((dim, dim), 3, norm=True, act=True)
        self.global_rep_cls = layers(dim, 2)
        self.global_rep_reg = layers(dim, 4)
        for name, maps in (("ctr", 1), ("offset", 2), ("size", 2)):
            self.add_tower(name, dim, dims, maps)

    def forward(self, x_BCGG: Tensor) -> Tensors:
        """(B, C, G, G) -> score (B, 1, G, G), size (B, 2, G, G), offset in cells (B, 2, G, G)."""
        cls_BCGG, reg_BCGG = (self._attended(branch, x_BCGG) for branch in ("cls", "reg"))
        score_B1GG, size_B2GG = self.run_tower("ctr", cls_BCGG), self.run_tower("size", reg_BCGG)
        return bounded(score_B1GG), bounded(size_B2GG), self.run_tower("offset", reg_BCGG)

    def _attended(self, branch: str, x_BCGG: Tensor) -> Tensor:
        y_BCGG: Tensor = self.get_submodule(f"pre_ssat_{branch}")(x_BCGG)
        y_BC1N: Tensor = self.get_submodule(f"global_rep_{branch}")(y_BCGG.flatten(2)[:, :, None])
        return y_BC1N.view(y_BCGG.shape)


class Smat(MapNetwork):
    """The network. The official tracker keeps the template's stem; ``cached`` keeps its patches, a little more.

    It returns no score; here it is that of the best cell.
    """

    def __init__(self, config: SmatConfig) -> None:
        super().__init__(config.grid)
        self.backbone = Backbone(config.features)
        self.neck = Neck(config.features)
        self.feature_fusor = Fusion(config.template_cells, config.head[0])
        self.box_head = Head(config.head)

    def encode_template(self, *template: Tensor) -> Tensors:
        """The template -> its patches (B, D, P, N), which the third stage mixes with those of the search crop."""
        return (self.backbone.layer_3.patches(self.backbone.stem(*template)),)

    def forward_search(self, search_B3HW: Tensor, *encoded: Tensor) -> Tensors:
        """Score, size and offset maps as :meth:`Head.forward`'s."""
        search_BDPN = self.backbone.layer_3.patches(self.backbone.stem(search_B3HW))
        features = self.neck(*self.backbone(search_BDPN, *encoded))
        maps: Tensors = self.box_head(self.feature_fusor(*features))
        return maps

    def remember(self, *template: Tensor) -> Tensors:
        """The template's patches when ``cached``, else its stem (B, 128, H / 4, W / 4)."""
        return self.encode_template(*template) if self.cached else (self.backbone.stem(*template),)

    def forward(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """As :meth:`forward_search`, from what :meth:`remember` returned."""
        encoded = memory if self.cached else (self.backbone.layer_3.patches(*memory),)
        return self.forward_search(search_B3HW, *encoded)


FAMILY = Family("smat", {"base": SmatConfig()}, Smat)
NAMES = tuple(FAMILY.variants)
create = FAMILY.create
