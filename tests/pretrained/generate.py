"""Token ids for a model: text that it writes itself, or Python's standard library."""

from itertools import islice
from pathlib import Path

import numpy as np
import torch

from featviz.demo.corpus import demo_documents

BATCH = 64


@torch.no_grad()
def generated(folder: Path, sequences: int, context: int) -> np.ndarray:
    """Ids ``[seq pos]`` sampled by the model, each sequence from BOS on and full."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    bos = AutoTokenizer.from_pretrained(folder).bos_token_id
    found = []
    for first in range(0, sequences, BATCH):
        start = torch.full((min(BATCH, sequences - first), 1), bos)
        sampled = model.generate(
            start,
            attention_mask=torch.ones_like(start),
            do_sample=True,
            max_new_tokens=context - 1,
            min_new_tokens=context - 1,
            pad_token_id=bos,
        )
        found.append(sampled)
    return torch.cat(found).numpy().astype(np.int32)


def library(folder: Path, sequences: int, context: int) -> np.ndarray:
    """Ids ``[seq pos]`` of the standard library's sources, a BOS before each sequence."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    body, found = context - 1, np.empty(0, dtype=np.int64)
    documents = iter(demo_documents())
    while len(found) < sequences * body and (block := list(islice(documents, 16))):
        ids = tokenizer([text for _, text in block], add_special_tokens=False)["input_ids"]
        found = np.concatenate([found, *ids])
    rows = found[: len(found) // body * body].reshape(-1, body)[:sequences]
    return np.pad(rows, ((0, 0), (1, 0)), constant_values=tokenizer.bos_token_id).astype(np.int32)
