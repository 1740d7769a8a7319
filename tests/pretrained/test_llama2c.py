"""The folder made of a llama2.c checkpoint computes what llama2.c computes."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.pretrained.llama2c import EPS, HEADER, Shape, write_model

SHAPE = Shape(dim=16, hidden=24, layers=2, heads=4, kv_heads=2, vocab=269, context=8)
PIECES = [
    "<unk>",
    "<s>",
    "</s>",
    *(f"<0x{byte:02X}>" for byte in range(256)),
    " ",
    "a",
    "b",
    "c",
    " a",
    "bc",
    " abc",
    "ab",
    "é",
    ".",
]
SCORES = [0.0] * 259 + [-9.0, -9.0, -9.0, -9.0, -1.0, -2.0, -4.0, -3.0, -9.0, -9.0]


def checkpoint(rng: np.random.Generator) -> tuple[bytes, dict[str, np.ndarray]]:
    """A file as llama2.c writes it, and the tensors in it."""
    layers, dim, hidden, kv = SHAPE.layers, SHAPE.dim, SHAPE.hidden, SHAPE.kv_heads * SHAPE.head
    sizes = {
        "embedding": (SHAPE.vocab, dim),
        "att_norm": (layers, dim),
        "wq": (layers, dim, dim),
        "wk": (layers, kv, dim),
        "wv": (layers, kv, dim),
        "wo": (layers, dim, dim),
        "ffn_norm": (layers, dim),
        "w1": (layers, hidden, dim),
        "w2": (layers, dim, hidden),
        "w3": (layers, hidden, dim),
        "final_norm": (dim,),
        "frequencies": (SHAPE.context, SHAPE.head),
    }
    tensors = {name: rng.normal(0, 0.3, size).astype("<f4") for name, size in sizes.items()}
    header = (SHAPE.dim, SHAPE.hidden, SHAPE.layers, SHAPE.heads, SHAPE.kv_heads, SHAPE.vocab, SHAPE.context)
    pieces = b"".join(
        struct.pack("<fi", score, len(piece.encode())) + piece.encode()
        for piece, score in zip(PIECES, SCORES, strict=True)
    )
    weights = b"".join(tensor.tobytes() for tensor in tensors.values())
    return HEADER.pack(*header) + weights + struct.pack("<i", 7) + pieces, tensors


def llama2c_logits(w: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """Its forward pass, token by token: neighbouring numbers of a head are turned together."""
    head, group = SHAPE.head, SHAPE.heads // SHAPE.kv_heads
    keys: list[list[np.ndarray]] = [[] for _ in range(SHAPE.layers)]
    values: list[list[np.ndarray]] = [[] for _ in range(SHAPE.layers)]
    found = []
    for pos, token in enumerate(ids):
        x = w["embedding"][token].astype(np.float64)
        for layer in range(SHAPE.layers):
            y = norm(x, w["att_norm"][layer])
            q = turned(w["wq"][layer] @ y, pos).reshape(-1, head)
            keys[layer].append(turned(w["wk"][layer] @ y, pos).reshape(-1, head))
            values[layer].append((w["wv"][layer] @ y).reshape(-1, head))
            mixed = []
            for each in range(SHAPE.heads):
                scores = np.array([key[each // group] @ q[each] for key in keys[layer]]) / np.sqrt(head)
                weights = np.exp(scores - scores.max())
                mixed.append(weights / weights.sum() @ np.array([value[each // group] for value in values[layer]]))
            x = x + w["wo"][layer] @ np.concatenate(mixed)
            y = norm(x, w["ffn_norm"][layer])
            gate = w["w1"][layer] @ y
            x = x + w["w2"][layer] @ (gate / (1 + np.exp(-gate)) * (w["w3"][layer] @ y))
        found.append(w["embedding"] @ norm(x, w["final_norm"]))
    return np.array(found)


def norm(x: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x * x).mean() + EPS) * gain


def turned(x: np.ndarray, pos: int) -> np.ndarray:
    found = x.copy()
    for at in range(0, x.size, 2):
        angle = pos / 10_000 ** ((at % SHAPE.head) / SHAPE.head)
        found[at] = x[at] * np.cos(angle) - x[at + 1] * np.sin(angle)
        found[at + 1] = x[at] * np.sin(angle) + x[at + 1] * np.cos(angle)
    return found


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("llama2c")
    data, tensors = checkpoint(np.random.default_rng(0))
    write_model(data, folder)
    return folder, tensors


def test_the_logits_are_those_of_llama2c(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    folder, tensors = converted
    ids = [1, 260, 265, 3, 268, 44]
    with torch.no_grad():
        logits = AutoModelForCausalLM.from_pretrained(folder)(torch.tensor([ids])).logits[0].numpy()
    np.testing.assert_allclose(logits, llama2c_logits(tensors, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("abc", ["▁abc"]), ("a", ["▁a"]), ("b.", ["▁", "b", "."]), ("é", ["▁", "é"]), ("è", ["▁", "<0xC3>", "<0xA8>"])],
)
def test_text_is_cut_as_sentencepiece_cuts_it(
    converted: tuple[Path, dict[str, np.ndarray]], text: str, pieces: list[str]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(converted[0])
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == pieces
    assert str(tokenizer.decode(ids)).strip() == text
    assert tokenizer.bos_token_id == 1
