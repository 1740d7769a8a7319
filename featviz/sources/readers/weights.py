"""Tensors from a checkpoint file, in float32: nothing is unpickled, and what is damaged is told."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from featviz.errors import InputError

_POINTER = b"version https://git-lfs"


class Weights(dict[str, Tensor]):
    """Tensors by the names that their file gives them; one that is missing is an `InputError`."""

    def __init__(self, path: Path, tensors: dict[str, Tensor]):
        for name, tensor in tensors.items():
            if not _is_plain(tensor):
                kind = f"{tensor.layout}, {tensor.dtype}, {tensor.device}"
                raise InputError(
                    f"{path}: {name} is a tensor of a special kind ({kind}); expected all its real numbers."
                )
        super().__init__({name: tensor.detach().float().contiguous() for name, tensor in tensors.items()})
        self.path = path
        for name, tensor in self.items():
            if not bool(torch.isfinite(tensor).all()):
                raise InputError(
                    f"{path}: {name} holds NaN or infinite values. The checkpoint is damaged or its training diverged."
                )

    def __missing__(self, name: str) -> Tensor:
        raise InputError(f"{self.path} lacks {name}; it holds {', '.join(sorted(self)) or 'no tensors'}.")

    def matrix(self, name: str) -> Tensor:
        """A matrix as ``torch.nn.Linear`` keeps it, [out in], turned to [in out]."""
        tensor = self[name]
        return tensor.mT.contiguous() if tensor.ndim > 1 else tensor


def read_safetensors(path: Path) -> Weights:
    """The tensors of a safetensors file."""
    _check_pointer(path)
    try:
        return Weights(path, load_file(path))
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a whole safetensors file ({error}). Was its download cut short?") from error


def read_torch(path: Path) -> Weights:
    """The state dict in a ``.pt`` file; one that holds other objects is refused, for they could run code."""
    _check_pointer(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds pickled objects beside tensors, or is damaged; it is not opened, because unpickling can run "
            "code. In the trainer's environment, save its state_dict() alone, or convert it to safetensors."
        ) from error
    except Exception as error:  # torch's restricted unpickler lets any error of a damaged stream through
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path} is not a whole .pt file ({reason}). Was its download cut short?") from error
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise InputError(f"{path} holds {type(content).__name__}, expected a state dict: tensors by name.")
    return Weights(path, {str(name): tensor for name, tensor in content.items()})


def read_npz(path: Path) -> Weights:
    """The arrays of an ``.npz`` file."""
    _check_pointer(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Weights(path, {name: torch.from_numpy(arrays[name]) for name in arrays})
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each have errors of their own for damaged files
        raise InputError(
            f"{path} is not a whole .npz file of numbers ({error}). Was its download cut short?"
        ) from error


def _is_plain(tensor: Tensor) -> bool:
    """Whether it is real and dense, and all its numbers are there: one that repeats a few can be of any size."""
    if tensor.layout != torch.strided or tensor.is_nested or tensor.is_meta or tensor.is_quantized:
        return False
    return not tensor.is_complex() and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def _check_pointer(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(len(_POINTER))
    if start == _POINTER:
        raise InputError(f"{path} is a Git LFS pointer, not the weights. Fetch the file itself: git lfs pull.")
