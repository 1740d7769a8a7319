"""What can be wrong with a model folder: seen before it is loaded, or read from what transformers logs meanwhile."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from featviz.errors import InputError

EXPECTED = "Expected a Hugging Face name or a folder with config.json, model.safetensors and tokenizer.json."
_LOGGER = "transformers.modeling_utils"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ROW = re.compile(r"^(\S.*?) *\| *(MISSING|MISMATCH)[ |]*(.*?)[ |]*$", re.MULTILINE)
_SENTENCE = re.compile(r"newly initialized(?: because the shapes did not match)?: \[(.*?)\]", re.DOTALL)


def check_place(name_or_path: str) -> None:
    """Raise if the name can only be a path and there is no model folder."""
    path = Path(name_or_path)
    if path.is_file():
        raise InputError(f'Cannot load the model "{path}": it is a file. {EXPECTED}')
    if path.is_dir() and not (path / "config.json").is_file():
        raise InputError(f"{path} has no config.json. Expected a folder as written by Hugging Face's save_pretrained.")
    only_a_path = path.is_absolute() or name_or_path.startswith(".") or len(path.parts) > 2
    if only_a_path and not path.is_dir():
        raise InputError(f'Cannot load the model "{path}": there is no such folder. {EXPECTED}')


def check_device(device: str) -> None:
    """Raise unless torch can hold numbers there."""
    try:
        torch.zeros(1, device=device).tolist()
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f'device is "{device}", which torch cannot use here: {_reason(error)} '
            "Expected cpu, or cuda on a machine with a GPU and a torch made for it."
        ) from error


@contextmanager
def checked_loading(name: str) -> Iterator[None]:
    """Turn whatever loading raises into an `InputError`, and refuse weights that were made up for missing ones."""
    log = logging.getLogger(_LOGGER)
    report, level, propagate = _Report(), log.level, log.propagate
    log.addHandler(report)
    log.setLevel(logging.WARNING)
    log.propagate = False
    try:
        yield
    except Exception as error:  # what transformers, safetensors and tokenizers raise has no other base in common
        reason = report.summary() or _reason(error)
        raise InputError(f'Cannot load the model "{name}": {reason} {EXPECTED}') from error
    finally:
        log.removeHandler(report)
        log.setLevel(level)
        log.propagate = propagate
    if report.problems:
        raise InputError(f'Cannot load the model "{name}": {report.summary()} Is its download whole?')


class _Report(logging.Handler):
    """Collects the weights that transformers found to be missing, or of another shape."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.problems: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = _COLOUR.sub("", record.getMessage())
        self.problems += [f"{name} ({status.lower()}) {detail}".strip() for name, status, detail in _ROW.findall(text)]
        self.problems += [f"{names} (missing)" for names in _SENTENCE.findall(text)]

    def summary(self) -> str:
        """The first weights in a sentence, or nothing."""
        shown, more = "; ".join(sorted(self.problems)[:4]), len(self.problems) - 4
        rest = f"; and {more} more" if more > 0 else ""
        return f"its files do not hold the weights that its config.json asks for: {shown}{rest}." if shown else ""


def _reason(error: Exception) -> str:
    """What an exception says, on one line, as a sentence."""
    words = " ".join(str(error).split())
    said = words if " " in words else f"{type(error).__name__} {words}"
    return f"{said[:299].rstrip(' .')}."


def check_finite(name: str, model: torch.nn.Module) -> None:
    """Raise if a weight is NaN or infinite."""
    for weight, values in model.named_parameters():
        if not bool(torch.isfinite(values).all()):
            where = weight.replace("_original_component.", "")
            raise InputError(f'The model "{name}" holds NaN or infinite values in {where}. Is its download whole?')
