"""What an SAE makes of activations."""

import pytest
import torch
from torch import Tensor

from featviz.errors import InputError
from featviz.sources.sae import SparseAutoencoder

D_IN, D_SAE = 3, 4


def sae(**changed: object) -> SparseAutoencoder:
    """An SAE whose encoder copies its three inputs, and their sum."""
    W_enc = torch.cat([torch.eye(D_IN), torch.ones(D_IN, 1)], dim=1)
    parts = {"W_enc": W_enc, "b_enc": torch.zeros(D_SAE), "W_dec": torch.zeros(D_SAE, D_IN), "b_dec": torch.ones(D_IN)}
    return SparseAutoencoder(**parts, **{"read_hook": "a", "write_hook": "b", "source": "mine", **changed})  # type: ignore[arg-type]


def encoded(sae: SparseAutoencoder, *x: float) -> list[float]:
    activations: Tensor = sae.encode(torch.tensor([x], dtype=torch.float32))
    return activations[0].tolist()


def test_relu_keeps_what_is_above_zero() -> None:
    assert encoded(sae(), 1, -2, 3) == [1, 0, 3, 2]


def test_the_input_bias_is_taken_off_first() -> None:
    assert encoded(sae(b_in=torch.tensor([1.0, -3.0, 0.0])), 1, -2, 3) == [0, 1, 3, 4]


def test_jumprelu_keeps_what_is_above_its_threshold_unchanged() -> None:
    jump = sae(architecture="jumprelu", threshold=torch.tensor([1.0, 1.0, 1.0, 5.0]))
    assert encoded(jump, 1, 2, 3) == [0, 2, 3, 6]


def test_a_threshold_below_zero_lets_no_negative_activation_through() -> None:
    assert encoded(sae(architecture="jumprelu", threshold=torch.full((D_SAE,), -9.0)), 1, -2, 3) == [1, 0, 3, 2]


def test_top_k_keeps_the_k_largest() -> None:
    assert encoded(sae(architecture="topk", k=2), 1, 2, 3) == [0, 0, 3, 6]


def test_top_k_keeps_nothing_below_zero() -> None:
    assert encoded(sae(architecture="topk", k=3), 1, -2, -3) == [1, 0, 0, 0]


def test_top_k_with_more_than_there_are_features_keeps_all() -> None:
    assert encoded(sae(architecture="topk", k=1000), 1, 2, 3) == [1, 2, 3, 6]


def test_an_sae_that_fits_its_hook_is_accepted() -> None:
    sae().check_fits("d_in", "blocks.0.x", D_IN, {"blocks.0.x": D_IN})


def test_an_sae_of_another_width_names_hooks_that_would_fit() -> None:
    parts = {"ln1.hook_out": D_IN, "hook_resid_pre": D_IN, "mlp.hook_post": 9, "hook_mlp_out": D_IN}
    widths = {f"blocks.{number}.{part}": width for number in (0, 1) for part, width in parts.items()}
    with pytest.raises(InputError) as refused:
        sae().check_fits("d_in", "blocks.1.mlp.hook_post", 9, widths | {"embed.hook_out": D_IN})
    assert "d_in=3 (W_enc [3, 4], W_dec [4, 3]), but blocks.1.mlp.hook_post has width 9" in str(refused.value)
    first = "blocks.1.hook_resid_pre, blocks.1.hook_mlp_out, blocks.0.hook_resid_pre, blocks.0.hook_mlp_out"
    assert f"Did you mean {first}?" in str(refused.value)


def test_an_sae_of_another_model_is_told() -> None:
    with pytest.raises(InputError, match="is it the right model"):
        sae().check_fits("d_out", "blocks.0.x", 9, {"blocks.0.x": 9})
