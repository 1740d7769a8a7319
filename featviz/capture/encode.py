"""From activations at a hook to the firings of an SAE's features."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.capture.firings import FiringPiece
from featviz.errors import InputError
from featviz.sources.sae import SparseAutoencoder

ENCODE_TILE = 1024
"""Positions encoded at once: bounds the memory of the dense activations."""
FEATURE_BLOCK = 1024
"""Features encoded at once where nothing is screened: a tile's pre-activations stay in the cache, 4 MiB."""
SCREENED_BLOCK = 2048
"""Features screened at once: a tile's products in bfloat16 stay in the cache, 4 MiB."""
SCREENED_SHARE = 0.03
"""Above this share of entries that may fire, computing them one by one takes longer than all of them together."""
UNIT = 2.0**-24
"""Relative rounding error of a float32 operation."""

Nonzeros = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Feature, row and activation."""
Encoder = Callable[[Tensor], Iterator[Nonzeros]]
"""From a batch of positions to the nonzeros of each tile of it."""


def encoder_of(sae: SparseAutoencoder) -> Encoder:
    """The fastest exact way to an SAE's nonzeros on this machine."""
    if sae.elementwise and sae.W_enc.device.type == "cpu":
        return Screen.of(sae).tiles if has_bfloat16_units() else Blocks.of(sae).tiles
    return lambda x: (_nonzeros(sae.encode(tile)) for tile in x.split(ENCODE_TILE))


def has_bfloat16_units() -> bool:
    """Whether this processor multiplies bfloat16 matrices faster than float32 ones."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


def rounding_of(additions: int) -> float:
    """What so many float32 additions err by at most in any order, relative to the sum of sizes: n u / (1 - n u)."""
    return additions * UNIT / (1 - additions * UNIT)


def fire(sae: SparseAutoencoder, encode: Encoder, x: Float[Tensor, "token d_in"]) -> FiringPiece:
    """The nonzeros of the encoded positions; ``place`` is the row of ``x``."""
    pieces = []
    for number, (feature, row, value) in enumerate(encode(x)):
        pieces.append((feature, row + number * ENCODE_TILE, value))
    piece = FiringPiece(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))
    if not np.isfinite(piece.value).all():
        raise InputError(f"SAE {sae.source}: activations overflow float32. Are its weights whole, and of this model?")
    return piece


def _nonzeros(activations: Float[Tensor, "token d_sae"]) -> Nonzeros:
    row, feature = activations.nonzero(as_tuple=True)
    return feature.cpu().numpy(), row.cpu().numpy(), activations[row, feature].cpu().numpy()


@dataclass(frozen=True)
class Blocks:
    """The product in float32, a block of features at a time, each compared with its thresholds while in the cache."""

    sae: SparseAutoencoder
    threshold: Float[np.ndarray, "d_sae"]

    @classmethod
    def of(cls, sae: SparseAutoencoder) -> "Blocks":
        return cls(sae, sae.thresholds().numpy())

    def tiles(self, x: Float[Tensor, "token d_in"]) -> Iterator[Nonzeros]:
        """The nonzeros of each tile."""
        return map(self.nonzeros, x.split(ENCODE_TILE))

    @torch.no_grad()
    def nonzeros(self, x: Float[Tensor, "token d_in"]) -> Nonzeros:
        """Of a tile of positions."""
        if self.sae.b_in is not None:
            x = x - self.sae.b_in
        found = [self._block(x, first) for first in range(0, self.sae.d_sae, FEATURE_BLOCK)]
        feature, row, value = (np.concatenate(column) for column in zip(*found, strict=True))
        return feature, row, value

    def _block(self, x: Float[Tensor, "token d_in"], first: int) -> Nonzeros:
        from featviz.kernels.screen import passing

        part = slice(first, first + FEATURE_BLOCK)
        bias, product = self.sae.b_enc[part].numpy(), (x @ self.sae.W_enc[:, part]).numpy()
        row, feature, pre = passing(product, bias, self.threshold[part])
        feature += first
        return _firing(self.sae, feature, row, pre)


def _firing(sae: SparseAutoencoder, feature: np.ndarray, row: np.ndarray, pre: np.ndarray) -> Nonzeros:
    """The entries that fire, of those with these pre-activations."""
    value = sae.activate(torch.from_numpy(pre), torch.from_numpy(feature)).numpy()
    fires = value != 0
    return feature[fires], row[fires], value[fires]


@dataclass(frozen=True)
class Screen:
    """A product in bfloat16 tells which entries cannot pass their threshold; the others are computed in float32.

    With x' and w' the rounded vectors, |x.w - x'.w'| <= |x - x'| |w| + |x'| |w - w'| (Cauchy and Schwarz), and any
    order of n float32 additions errs by at most g |x| |w|, g = n u / (1 - n u) (Higham 2002, section 3.1), both in the
    product and in the float32 computation that is stood in for. Few entries are that near: the result is exact.
    """

    sae: SparseAutoencoder
    rows: Float[Tensor, "d_sae d_in"]
    """W_enc turned over, so that a feature's weights lie together."""
    low: Float[Tensor, "d_sae d_in"]
    """The same in bfloat16."""
    bounds: tuple[np.ndarray, ...]
    """For each feature, the least product that fires, |w| and |w - w'|, all rounded to the safe side."""

    @classmethod
    def of(cls, sae: SparseAutoencoder) -> "Screen":
        rows = sae.W_enc.T.contiguous()
        low = rows.bfloat16()
        error = (rows - low.float()).norm(dim=1)
        least = sae.thresholds() - sae.b_enc
        bounds = (least - 1e-6 * least.abs(), rows.norm(dim=1) * (1 + 1e-4), error * (1 + 1e-4))
        return cls(sae, rows, low, tuple(bound.numpy() for bound in bounds))

    def tiles(self, x: Float[Tensor, "token d_in"]) -> Iterator[Nonzeros]:
        """The nonzeros of each tile; from a tile on in which too many may fire the batch is not screened."""
        screened = True
        for tile in x.split(ENCODE_TILE):
            found = self.nonzeros(tile) if screened else None
            screened = found is not None
            yield Blocks.of(self.sae).nonzeros(tile) if found is None else found

    @torch.no_grad()
    def nonzeros(self, x: Float[Tensor, "token d_in"]) -> Nonzeros | None:
        """Of a tile of positions; ``None`` if too many may fire."""
        if self.sae.b_in is not None:
            x = x - self.sae.b_in
        found = self._candidates(x)
        if found is None:
            return None
        from featviz.kernels.screen import dots

        feature, row = found
        pre = dots(x.contiguous().numpy(), self.rows.numpy(), row, feature) + self.sae.b_enc.numpy()[feature]
        return _firing(self.sae, feature, row, pre)

    def _candidates(self, x: Float[Tensor, "token d_in"]) -> tuple[Int[np.ndarray, "n"], Int[np.ndarray, "n"]] | None:
        """Features and rows of the entries that may fire, feature by feature; ``None`` if there are too many."""
        from featviz.kernels.screen import candidates

        rounded = x.bfloat16()
        wide, turned = rounded.float(), rounded.T.contiguous()
        of_norm = ((x - wide).norm(dim=1) + 3 * rounding_of(x.shape[1]) * x.norm(dim=1)) * (1 + 1e-4)
        columns = (of_norm.numpy(), (wide.norm(dim=1) * (1 + 1e-4)).numpy())
        room, found = int(SCREENED_SHARE * len(x) * self.sae.d_sae), []
        products = turned.new_empty((SCREENED_BLOCK, len(x)))
        for first in range(0, self.sae.d_sae, SCREENED_BLOCK):
            part = slice(first, first + SCREENED_BLOCK)
            low = self.low[part]
            bits = torch.mm(low, turned, out=products[: len(low)]).view(torch.int16).numpy().view(np.uint16)
            feature, row, few = candidates(bits, tuple(bound[part] for bound in self.bounds), columns, room)
            if not few:
                return None
            room -= len(feature)
            feature += first
            found.append((feature, row))
        feature, row = (np.concatenate(column) for column in zip(*found, strict=True))
        return feature, row
