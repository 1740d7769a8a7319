"""First step of the recipe: a byte-level BPE tokenizer of 4096 tokens."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from featviz.demo.contexts import BOS, CONTEXT_SIZE
from featviz.demo.corpus import Document

VOCABULARY = 4096
CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": BOS,
    "eos_token": BOS,
    "model_max_length": CONTEXT_SIZE,
    "clean_up_tokenization_spaces": False,
}
"""What transformers (4 and 5) must know beside `tokenizer.json`."""


def train_tokenizer(documents: list[Document], model_folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json` for these documents."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[BOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for _, text in documents), trainer)
    model_folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(model_folder / "tokenizer.json"))
    (model_folder / "tokenizer_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
