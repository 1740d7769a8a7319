"""The direct path from a hook to the final residual, read off the model's modules and checked on what they compute."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from featviz.errors import InputError

STREAM = ("hook_resid_pre", "hook_resid_mid", "hook_resid_post")
WRITERS: dict[str, tuple[str, str | None]] = {
    "hook_attn_out": ("hook_attn_out", None),
    "attn.hook_out": ("hook_attn_out", None),
    "attn.hook_z": ("hook_attn_out", "attn.o"),
    "hook_mlp_out": ("hook_mlp_out", None),
    "mlp.hook_out": ("hook_mlp_out", None),
    "mlp.hook_post": ("hook_mlp_out", "mlp.out"),
}
"""By hook of a block: the hook of what is added to the residual stream, and the module on the way there."""
TOLERANCE = 1e-3
"""Of the largest value compared."""


def direct_path(bridge: Any, hook: str, seen: Mapping[str, Tensor]) -> Float[Tensor, "d_hook d_model"] | None:
    """What one unit at each coordinate of ``hook`` adds to the final residual; ``None`` where that is itself.

    ``seen`` holds what the model computes at every hook on a few tokens [pos width]: the residual stream must be
    the sum of what attention and MLPs write, and what is written a linear function of the hook.
    """
    prefix, part = _split(hook)
    for number in range(int(prefix.split(".")[1]), len(bridge.blocks)):
        _check_sum(f"blocks.{number}", seen)
    if part in STREAM:
        return None
    writer, module = WRITERS[part]
    matrix = None if module is None else _linear_part(bridge.get_submodule(f"{prefix}.{module}"), seen[hook])
    added, written = seen[f"{prefix}.{writer}"], seen[hook] if matrix is None else seen[hook] @ matrix
    if not _close(added - added[:1], written - written[:1]):
        raise InputError(
            f'There is no direct path from hook "{hook}" to the final residual: what is written there passes a norm '
            "before it is added to the residual stream, so that a feature has no fixed direction in it. "
            f"An SAE of {prefix}.{writer} or {prefix}.hook_resid_post would do."
        )
    return matrix


def has_known_path(hook: str) -> bool:
    """Whether models have a direct path from a hook of this name, as a rule."""
    blocks, _, part = _parts(hook)
    return blocks == "blocks" and (part in STREAM or part in WRITERS)


def _parts(hook: str) -> tuple[str, str, str]:
    """``blocks``, ``3`` and ``mlp.hook_post`` of ``blocks.3.mlp.hook_post``."""
    blocks, number, part = [*hook.split(".", 2), "", ""][:3]
    return blocks, number, part


def _split(hook: str) -> tuple[str, str]:
    """``blocks.3`` and ``mlp.hook_post`` of ``blocks.3.mlp.hook_post``."""
    _, number, part = _parts(hook)
    if not has_known_path(hook):
        known = ", ".join(f"blocks.N.{name}" for name in (*STREAM, *WRITERS))
        raise InputError(f'No direct path from hook "{hook}" to the final residual is known. Expected one of {known}.')
    return f"blocks.{number}", part


def _check_sum(block: str, seen: Mapping[str, Tensor]) -> None:
    """Raise unless the block adds to the residual stream what its attention and its MLP write, and nothing else."""
    names = [f"{block}.{part}" for part in ("hook_resid_pre", "hook_attn_out", "hook_mlp_out", "hook_resid_post")]
    if all(name in seen for name in names):
        before, attention, mlp, after = (_finite(seen[name], name) for name in names)
        if _close(before + attention + mlp, after):
            return
    raise InputError(
        f"{block} of this model is not known to add what attention and MLP write to one residual stream, "
        "which direct effects rest on."
    )


def _finite(values: Tensor, hook: str) -> Tensor:
    if not bool(torch.isfinite(values).all()):
        raise InputError(f"The model's activations at {hook} are NaN or infinite. Do its weights overflow float32?")
    return values


def _linear_part(module: Any, like: Float[Tensor, "pos width"]) -> Float[Tensor, "width d_model"]:
    """The matrix of an affine module, by running it on the basis: no convention about its weights is assumed."""
    basis = torch.eye(like.shape[1], device=like.device, dtype=like.dtype)[None]
    return (module(basis) - module(torch.zeros_like(basis)))[0]


def _close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() <= TOLERANCE * (1e-6 + expected.abs().max()))
