"""A language model behind TransformerLens's bridge: the only module that imports transformer_lens."""

import hashlib
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from featviz.errors import InputError, nearest
from featviz.sources.direct_path import direct_path
from featviz.sources.loading import EXPECTED, check_device, check_finite, check_place, checked_loading
from featviz.sources.readout import FinalNorm, Readout, measure_readout
from featviz.sources.skip import skipped, watched

FINAL_RESIDUAL = "ln_final.hook_in"
PROBE_TOKENS = 11
"""A number that no model has heads: attention patterns must not be taken for vectors of positions."""
LEGACY = ("NeelNanda/", "ArthurConmy/", "Baidicoot/")
"""Owners of models that are older than Hugging Face's form of them."""
PROCESSING = ("none", "folded")


@dataclass(frozen=True)
class Change:
    """A pass that begins at the block of ``hook`` and goes on from what is left there."""

    hook: str
    taken: Float[Tensor, "batch seq d_taken"]
    """Subtracted at the hook."""
    entry: Float[Tensor, "batch seq d_model"]
    """What the block is given."""

    def of(self, part: slice) -> "Change":
        """That of some of the sequences."""
        return Change(self.hook, self.taken[part], self.entry[part])


class _Stop(Exception):
    """Ends a forward pass once the final residual is known: the unembedding is not needed."""


@dataclass
class LanguageModel:
    """A booted model and what featviz asks of it."""

    name: str
    bridge: Any
    processing: str = "none"

    @classmethod
    def load(cls, name_or_path: str, processing: str = "none", device: str = "cpu") -> "LanguageModel":
        """Boot from a Hugging Face name or a local ``save_pretrained`` folder, in float32.

        ``processing``: ``none`` keeps the Hugging Face weights, ``folded`` applies TransformerLens's
        defaults (norms folded, writing weights and unembedding centred): what the SAE was trained on.
        """
        if processing not in PROCESSING:
            raise InputError(f'processing is "{processing}", expected one of {", ".join(PROCESSING)}.')
        check_place(name_or_path)
        check_device(device)
        name_or_path = _full_name(name_or_path)
        bridge = _boot(name_or_path, device)
        if processing == "folded":
            with _quiet():
                bridge.enable_compatibility_mode()
        bridge.eval()
        path = Path(name_or_path)
        return cls(path.resolve().name if path.is_dir() else name_or_path, bridge, processing)

    @property
    def tokenizer(self) -> Any:
        return self.bridge.tokenizer

    @property
    def n_layers(self) -> int:
        return int(self.bridge.cfg.n_layers)

    @property
    def d_model(self) -> int:
        return int(self.bridge.cfg.d_model)

    @property
    def d_vocab(self) -> int:
        return int(self.bridge.unembed.W_U.shape[1])

    @property
    def n_ctx(self) -> int:
        return int(self.bridge.cfg.n_ctx)

    @property
    def architecture(self) -> str:
        return str(getattr(self.bridge.cfg, "architecture", None) or type(self.bridge.original_model).__name__)

    @property
    def revision(self) -> str | None:
        """The hub's commit that the weights came from; ``None`` for a local folder."""
        return getattr(getattr(self.bridge.original_model, "config", None), "_commit_hash", None)

    @property
    def device(self) -> torch.device:
        return next(self.bridge.parameters()).device

    def weights_sha256(self) -> str:
        """Of all weights, by name."""
        digest = hashlib.sha256()
        for name, weight in sorted(self.bridge.named_parameters()):
            digest.update(name.encode() + weight.detach().cpu().numpy().tobytes())
        return digest.hexdigest()

    @torch.no_grad()
    def run(
        self,
        tokens: Int[Tensor, "batch seq"],
        hooks: Sequence[str],
        change: Change | None = None,
    ) -> dict[str, Float[Tensor, "batch seq d"]]:
        """The activations at ``hooks``, without the unembedding; ``FINAL_RESIDUAL`` is the final norm's input.

        Sequences that do not fit into the device's memory together are run in halves.
        """
        try:
            with self._from_block(change):
                return self._run(tokens, hooks, change)
        except torch.OutOfMemoryError:
            if len(tokens) == 1:
                raise
        halves = []
        for half in (slice(None, len(tokens) // 2), slice(len(tokens) // 2, None)):
            halves.append(self.run(tokens[half], hooks, change and change.of(half)))
        return {name: torch.cat([half[name] for half in halves]) for name in hooks}

    def block_of(self, hook: str) -> int:
        """The number of the block that a hook is in."""
        return int(hook.split(".")[1])

    def _from_block(self, change: Change | None) -> AbstractContextManager[None]:
        """Leave out the blocks before the change."""
        return (
            skipped(list(self.bridge.blocks)[: self.block_of(change.hook)], self._tuples) if change else nullcontext()
        )

    @cached_property
    def _tuples(self) -> bool:
        """Whether the model's blocks return tuples."""
        with watched(self.bridge.blocks[0]) as found:
            self._run(torch.zeros((1, 1), dtype=torch.long), [], None)
        return found[0]

    def _run(
        self, tokens: Int[Tensor, "batch seq"], hooks: Sequence[str], change: Change | None
    ) -> dict[str, Float[Tensor, "batch seq d"]]:
        """All sequences at once."""
        seen: dict[str, Tensor] = {}

        def keep(value: Tensor, hook: Any, name: str) -> None:
            seen[name] = value.detach()

        def stop(value: Tensor, hook: Any) -> None:
            seen[FINAL_RESIDUAL] = value.detach()
            raise _Stop

        named: list[tuple[str, Any]] = []
        if change is not None:
            entry, taken = change.entry, change.taken
            named += [(f"blocks.{self.block_of(change.hook)}.hook_in", lambda value, hook: entry)]
            named += [(change.hook, lambda value, hook: value - taken.view(value.shape))]
        named += [
            (name, lambda value, hook, name=name: keep(value, hook, name)) for name in hooks if name != FINAL_RESIDUAL
        ]
        with suppress(_Stop):
            self.bridge.run_with_hooks(
                tokens.to(self.device), return_type=None, fwd_hooks=[*named, (FINAL_RESIDUAL, stop)]
            )
        return {name: seen[name].flatten(2) for name in hooks}

    @torch.no_grad()
    def logits(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """The model's own logits, by its whole forward pass."""
        return self.bridge(tokens.to(self.device), return_type="logits")

    def hook_width(self, hook: str) -> int:
        """Size of the activation at ``hook``; an unknown hook is an `InputError` that names the nearest."""
        widths = self.hook_widths()
        if hook not in widths:
            raise InputError(f'{self.name} has no hook "{hook}".{nearest(hook, widths)}')
        return widths[hook]

    def hook_widths(self) -> dict[str, int]:
        """Size of the activation at every hook that holds one vector a position."""
        return {name: seen.shape[1] for name, seen in self._probe.items()}

    @cached_property
    @torch.no_grad()
    def _probe(self) -> dict[str, Float[Tensor, "pos width"]]:
        """What the model computes on a few tokens, at every hook that holds one vector a position."""
        tokens = torch.arange(min(PROBE_TOKENS, self.d_vocab), device=self.device)[None]
        _, cache = self.bridge.run_with_cache(tokens)
        vectors = {name: value for name, value in cache.items() if isinstance(value, Tensor) and value.ndim >= 3}
        return {name: value[0].flatten(1) for name, value in vectors.items() if value.shape[:2] == tokens.shape}

    @torch.no_grad()
    def to_final_residual(self, hook: str) -> Float[Tensor, "d_hook d_model"] | None:
        """The direct path from ``hook`` to the final residual; ``None`` where it is the identity."""
        return direct_path(self.bridge, hook, self._probe)

    def readout(self) -> Readout:
        """Final residual to logits, measured on the model's own modules and checked against its logits."""
        cap = float(getattr(self.bridge.cfg, "output_logits_soft_cap", None) or 0.0)
        norm = FinalNorm(self.bridge.ln_final, self.d_model, float(self.bridge.cfg.eps), self.device)
        readout = measure_readout(norm, self.bridge.unembed, soft_cap=cap if cap > 0 else None)
        self._check(readout)
        return readout

    def _check(self, readout: Readout) -> None:
        tokens = torch.arange(min(8, self.d_vocab), device=self.device)[None]
        expected = self.logits(tokens)
        found = readout.logits(self.run(tokens, [FINAL_RESIDUAL])[FINAL_RESIDUAL])
        error = float((found - expected).abs().max())
        if not math.isfinite(error):
            raise InputError(f"{self.name}: its logits are NaN or infinite. Do its weights overflow float32?")
        if not error <= 1e-3 * (1 + float(expected.abs().max())):
            raise InputError(
                f"{self.name}: logits recomputed from the final residual differ from the model's by {error:.3g}. "
                "Its way from the final residual to the logits is not one of norm, unembedding and soft cap."
            )


def _boot(name_or_path: str, device: str) -> Any:
    with _quiet():
        from transformer_lens.model_bridge import TransformerBridge

        boot = TransformerBridge.boot_transformers
        if name_or_path.startswith(LEGACY) and not Path(name_or_path).is_dir():
            boot = _legacy_boot(name_or_path)
        with checked_loading(name_or_path):
            bridge = boot(name_or_path, device=device, dtype=torch.float32)
    if bridge.tokenizer is None or len(bridge.tokenizer) <= len(set(bridge.tokenizer.all_special_ids)):
        raise InputError(f'The model "{name_or_path}" has no tokenizer. {EXPECTED}')
    check_finite(name_or_path, bridge.original_model)
    return bridge


def _legacy_boot(name: str) -> Any:
    """What boots a model that TransformerLens's authors published in a form of their own, gelu-1l among them."""
    try:
        from transformer_lens.model_bridge.sources import boot_tl_legacy
    except ImportError as error:
        raise InputError(f'The model "{name}" is in a form that TransformerLens reads from version 4 on.') from error
    return boot_tl_legacy


def _full_name(name_or_path: str) -> str:
    """The hub's name for a short one of TransformerLens's, such as gelu-1l; any other stays as it is."""
    if "/" in name_or_path or Path(name_or_path).exists():
        return name_or_path
    with _quiet():
        from transformer_lens import supported_models
    names = {alias: name for name, aliases in supported_models.MODEL_ALIASES.items() for alias in aliases}
    return names.get(name_or_path, name_or_path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Third-party notices and bars off: what went wrong comes as an exception."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logging.getLogger("transformer_lens").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
