"""The nonzeros found block by block, and those a product in bfloat16 lets through, against all of them in float32."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from featviz.capture import encode
from featviz.capture.encode import Blocks, Nonzeros, Screen
from featviz.sources.sae import SparseAutoencoder

D_IN, D_SAE, TOKENS = 64, 700, 40


def integers(*shape: int, seed: int, high: int = 300) -> Tensor:
    """Too many digits for bfloat16, few enough that float32 sums of their products are exact."""
    return torch.randint(-high, high + 1, shape, generator=torch.Generator().manual_seed(seed)).float()


def make_sae(architecture: str, seed: int, **options: Any) -> SparseAutoencoder:
    W_enc = integers(D_IN, D_SAE, seed=seed)
    W_enc[:, :50] *= 2**-20
    W_enc[:, 50:100] = 0
    given: dict[str, Any] = {
        "b_enc": integers(D_SAE, seed=seed + 1, high=20_000),
        "W_dec": torch.zeros(D_SAE, 3),
        "b_dec": torch.zeros(3),
    }
    if architecture == "jumprelu":
        given["threshold"] = integers(D_SAE, seed=seed + 2, high=5_000)
    if architecture == "gated":
        given |= {"r_mag": torch.zeros(D_SAE), "b_mag": integers(D_SAE, seed=seed + 3, high=5_000)}
    return SparseAutoencoder(W_enc=W_enc, read_hook="h", write_hook="h", architecture=architecture, **given | options)


def by_place(found: Nonzeros | None) -> list[tuple[int, int, float]]:
    assert found is not None
    feature, row, value = found
    return sorted(zip(row.tolist(), feature.tolist(), value.tolist(), strict=True))


def everything(sae: SparseAutoencoder, x: Tensor) -> list[tuple[int, int, float]]:
    activations = sae.encode(x)
    row, feature = activations.nonzero(as_tuple=True)
    return by_place((feature.numpy(), row.numpy(), activations[row, feature].numpy()))


@pytest.fixture
def all_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many may fire, they are computed one by one."""
    monkeypatch.setattr(encode, "SCREENED_SHARE", 1.0)


@pytest.mark.usefixtures("all_entries")
@pytest.mark.parametrize("architecture", ["relu", "jumprelu", "gated"])
@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_fires_is_missed_and_nothing_else_is_found(architecture: str, seed: int) -> None:
    sae = make_sae(architecture, 10 * seed, b_in=integers(D_IN, seed=99, high=3))
    x = integers(TOKENS, D_IN, seed=seed + 1000)
    found = by_place(Screen.of(sae).nonzeros(x))
    assert found == everything(sae, x)
    assert 0 < len(found) < TOKENS * D_SAE


@pytest.mark.parametrize("architecture", ["relu", "jumprelu", "gated"])
@pytest.mark.parametrize("block", [64, 333, D_SAE])
def test_blocks_of_features_find_what_all_together_do(
    architecture: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "FEATURE_BLOCK", block)
    monkeypatch.setattr(encode, "ENCODE_TILE", 15)
    sae = make_sae(architecture, block, b_in=integers(D_IN, seed=99, high=3))
    x = integers(TOKENS, D_IN, seed=block + 1000)
    piece = encode.fire(sae, Blocks.of(sae).tiles, x)
    assert by_place((piece.feature, piece.place, piece.value)) == everything(sae, x)
    assert 0.1 < len(piece.value) / (TOKENS * D_SAE) < 0.9, "so many that the first room for them is too small"


def test_blocks_find_what_never_fires_and_what_is_no_number() -> None:
    sae, x = make_sae("relu", 3), integers(TOKENS, D_IN, seed=4)
    sae.b_enc[:] = -torch.inf
    assert not by_place(Blocks.of(sae).nonzeros(x))
    sae.b_enc[3] = torch.nan
    with pytest.raises(Exception, match="overflow float32"):
        encode.fire(sae, Blocks.of(sae).tiles, x)


@pytest.mark.usefixtures("all_entries")
def test_products_at_the_threshold_are_told_from_those_just_above() -> None:
    x = integers(TOKENS, D_IN, seed=5)
    sae = make_sae("relu", 6)
    sae.b_enc = -(x @ sae.W_enc)[torch.arange(D_SAE) % TOKENS, torch.arange(D_SAE)]
    sae.b_enc[1::2] += 1
    found = {(row, feature) for row, feature, _ in by_place(Screen.of(sae).nonzeros(x))}
    at = [(feature % TOKENS, feature) for feature in range(100, D_SAE)]
    assert [pair in found for pair in at] == [bool(feature % 2) for _, feature in at]


def test_where_many_fire_nothing_is_screened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "ENCODE_TILE", 15)
    sae, x = make_sae("relu", 3), integers(TOKENS, D_IN, seed=4)
    screen = Screen.of(sae)
    assert screen.nonzeros(x) is None
    piece = encode.fire(sae, screen.tiles, x)
    found, wanted = by_place((piece.feature, piece.place, piece.value)), everything(sae, x)
    assert [place for *place, _ in found] == [place for *place, _ in wanted]
    np.testing.assert_allclose([value for *_, value in found], [value for *_, value in wanted], rtol=1e-5)


@pytest.mark.usefixtures("all_entries")
@pytest.mark.parametrize("way", [Screen, Blocks])
def test_an_infinite_product_is_found_and_refused(way: type[Screen] | type[Blocks]) -> None:
    sae = make_sae("relu", 3)
    sae.W_enc[0, 5] = sae.W_enc[1, 5] = 3e38
    x = torch.zeros(2, D_IN)
    x[1, :2] = 3e38
    with pytest.raises(Exception, match="overflow float32"):
        encode.fire(sae, way.of(sae).tiles, x)


@pytest.mark.parametrize("architecture", ["topk", "groupmax"])
def test_what_depends_on_other_features_is_not_screened(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "has_bfloat16_units", lambda: True)
    sae, x = make_sae(architecture, 3), integers(TOKENS, D_IN, seed=4)
    sae.k = 7
    [found] = encode.encoder_of(sae)(x)
    assert by_place(found) == everything(sae, x)


@pytest.mark.parametrize("units", [True, False])
def test_either_way_gives_the_same(units: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "has_bfloat16_units", lambda: units)
    sae, x = make_sae("relu", 3), integers(TOKENS, D_IN, seed=4)
    sae.b_enc -= 60_000
    piece = encode.fire(sae, encode.encoder_of(sae), x)
    assert by_place((piece.feature, piece.place, piece.value)) == everything(sae, x)
    assert np.isfinite(piece.value).all()
