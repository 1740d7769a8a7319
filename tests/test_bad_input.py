"""Bad input from end to end: one line that says what is wrong, an exit code, and nothing left behind."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file

from featviz.cli import main
from tests.tiny import Tiny

Options = dict[str, object]


class Build:
    """A build of the tiny model whose inputs a test may damage."""

    def __init__(self, folder: Path, files: Tiny):
        self.folder = folder
        self.model = Path(shutil.copytree(files.model, folder / "model"))
        self.sae = Path(shutil.copytree(files.sae_a, folder / "sae"))
        self.tokens = Path(shutil.copy(files.tokens, folder / "tokens.npy"))
        self.out = folder / "out"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, **options: object) -> str:
        """What is said of a build that is refused."""
        given = {"model": self.model, "sae": self.sae, "tokens": self.tokens, "out": self.out, **options}
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        result = CliRunner().invoke(main, ["build", *arguments])
        assert isinstance(result.exception, SystemExit), result.exception
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Traceback" not in result.stderr
        said = result.stderr.splitlines()[-1]
        assert said.startswith("Error: ")
        return said

    def left(self) -> list[Path]:
        """What the build left behind."""
        return [path for path in (self.out, self.folder / "out.work") if path.exists()]


@pytest.fixture
def build(files: Tiny, tmp_path: Path) -> Build:
    return Build(tmp_path, files)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": ""}, "--model is missing"),
        ({"sae": "nothing"}, "SAE nothing does not exist"),
        ({"tokens": "nothing.txt"}, "nothing.txt do not exist"),
        ({"labels": "nothing.json"}, "nothing.json do not exist"),
        ({"pages": "nothing"}, "pages folder nothing does not exist"),
        ({"model": "./nothing"}, "there is no such folder"),
        ({"hook": "blocks.0.mlp.hook_pots"}, "Did you mean blocks.0.mlp.hook_post?"),
        ({"hook": "blocks.9.mlp.hook_post"}, "Did you mean blocks.0.mlp.hook_post?"),
        ({"hook": "blocks.0.hook_resid_post"}, "has width 16"),
        ({"hook": "blocks.0.mlp.hook_pre"}, "No direct path"),
        ({"processing": "fold"}, "expected one of none, folded"),
        ({"device": "nowhere"}, "which torch cannot use here"),
        ({"window": -1}, "expected at least 0"),
        ({"window": 10**30}, "expected at most"),
        ({"seed": 2**63}, "expected at most"),
        ({"chunk_size": 10**9}, "expected at most 1024"),
        ({"context": 1}, "expected at least 2"),
        ({"max_tokens": 1}, "expected at least one context of 24"),
        ({"intervals": 0}, "expected at least 1"),
        ({"title": "\udcff"}, "no text"),
        ({"tokens": "a" * 5000}, "cannot be a path here"),
        ({"out": "a\0b"}, "no text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_options_that_cannot_be(build: Build, options: Options, said: str) -> None:
    assert said in build.refused(**options)
    assert build.left() == []


@pytest.mark.parametrize("name", ["x" * 65, "x" * 300, "layer 8", "digests.json", ".x"])
def test_a_name_that_no_sae_can_have_is_refused_before_anything_is_computed(build: Build, name: str) -> None:
    said = build.refused(sae=f"{name}={build.sae}")
    assert said.startswith(f"Error: {name!r} cannot name an SAE: expected 1 to 64 letters")
    assert build.left() == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(500))


def reweigh(path: Path, change: Callable[[np.ndarray], np.ndarray], name: str) -> None:
    weights = load_file(path)
    save_file(weights | {name: np.ascontiguousarray(change(weights[name]))}, path, metadata={"format": "pt"})


def configure(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def pickled(build: "Build", content: object) -> Path:
    """A dictionary_learning checkpoint in place of the SAE, which is no state dict."""
    shutil.rmtree(build.sae)
    path = build.write("sae/ae.pt", pickle.dumps(content))
    build.write("sae/config.json", json.dumps({"trainer": {"dict_class": "AutoEncoder"}}))
    return path


def of_another_model(path: Path) -> None:
    """A tokenizer with a hundred more tokens."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["vocab"] |= {f"another{number}": 300 + number for number in range(100)}
    path.write_text(json.dumps(content), encoding="utf-8")


DAMAGES: dict[str, tuple[Callable[[Build], object], str]] = {
    "model without config": (lambda build: (build.model / "config.json").unlink(), "has no config.json"),
    "model without tokenizer": (lambda build: (build.model / "tokenizer.json").unlink(), "Cannot load the model"),
    "tokenizer of another model": (
        lambda build: of_another_model(build.model / "tokenizer.json"),
        "The tokenizer of model has token ids up to 399, but the model has d_vocab=300.",
    ),
    "model cut": (lambda build: cut(build.model / "model.safetensors"), "Cannot load the model"),
    "model of noise": (lambda build: noise(build.model / "model.safetensors"), "Cannot load the model"),
    "model with NaN": (
        lambda build: reweigh(build.model / "model.safetensors", lambda w: w * np.nan, "transformer.wpe.weight"),
        "holds NaN or infinite values in transformer.wpe.weight",
    ),
    "model that overflows": (
        lambda build: reweigh(build.model / "model.safetensors", lambda w: w * 1e38, "transformer.h.0.mlp.c_fc.weight"),
        "Do its weights overflow float32?",
    ),
    "SAE cut": (lambda build: cut(build.sae / "sae_weights.safetensors"), "not a whole safetensors file"),
    "SAE of noise": (lambda build: noise(build.sae / "sae_weights.safetensors"), "not a whole safetensors file"),
    "SAE with NaN": (
        lambda build: reweigh(build.sae / "sae_weights.safetensors", lambda w: w * np.nan, "W_enc"),
        "W_enc holds NaN or infinite values",
    ),
    "SAE that overflows": (
        lambda build: reweigh(build.sae / "sae_weights.safetensors", lambda w: w * np.float32(1e38), "W_enc"),
        "activations overflow",
    ),
    "SAE of another width": (
        lambda build: reweigh(build.sae / "sae_weights.safetensors", lambda w: w[:31], "W_enc"),
        "says d_in=32, but its weights",
    ),
    "SAE config is a list": (lambda build: build.write("sae/cfg.json", "[]"), "holds list, expected an object"),
    "SAE config of absurd kinds": (lambda build: configure(build.sae / "cfg.json", d_in="x"), 'd_in is "x"'),
    "SAE without thresholds": (
        lambda build: configure(build.sae / "cfg.json", architecture="jumprelu"),
        'needs "threshold"',
    ),
    "SAE in a pickle": (
        lambda build: pickled(build, {"W_enc": print}),
        "holds pickled objects beside tensors, or is damaged; it is not opened",
    ),
    "SAE encrypted": (lambda build: noise(pickled(build, {})), "holds pickled objects beside tensors, or is damaged"),
    "tokens of no sequence": (
        lambda build: np.save(build.tokens, np.zeros((0, 24), np.int64)),
        "holds int64 of shape [0, 24], expected integers [seq pos] with at least one context",
    ),
    "tokens of noise": (lambda build: noise(build.tokens), "is not a plain .npy array"),
    "tokens cut": (lambda build: cut(build.tokens), "is not a plain .npy array"),
    "tokens of another model": (
        lambda build: np.save(build.tokens, np.load(build.tokens) + 5),
        "the model has d_vocab=300",
    ),
    "tokens all special": (lambda build: np.save(build.tokens, np.load(build.tokens) * 0), "no position that counts"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_files_that_cannot_be(build: Build, damage: str) -> None:
    change, said = DAMAGES[damage]
    change(build)
    assert said in build.refused()
    assert build.left() == []


LATE: dict[str, tuple[Callable[[Build], object], str]] = {
    "decoder that overflows": (
        lambda build: reweigh(build.sae / "sae_weights.safetensors", lambda w: w * np.float32(1e38), "W_dec"),
        "overflow float32",
    ),
    "decoder whose effects overflow": (
        lambda build: reweigh(build.sae / "sae_weights.safetensors", lambda w: w * np.float32(1e18), "W_dec"),
        "NaN or an infinite number",
    ),
}
"""Damages that show after pass 1: what it found is kept beside the site, as of every build that is stopped."""


@pytest.mark.parametrize("damage", LATE)
def test_files_that_turn_out_to_be_wrong(build: Build, damage: str) -> None:
    change, said = LATE[damage]
    change(build)
    assert said in build.refused()
    assert not build.out.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "", "a.txt has 0 tokens, fewer than one context of 32"),
        ("a.txt", b"\x80\x00", "is not UTF-8 text"),
        ("folder/a.bin", "", "holds no text files"),
        ("a.jsonl", '{"words": "x"}', 'line 1: expected a JSON object with a text as "text"'),
    ],
)
def test_texts_that_cannot_be(build: Build, name: str, content: str | bytes, said: str) -> None:
    path = build.write(name, content)
    assert said in build.refused(tokens=path.parent if path.suffix == ".bin" else path)
    assert build.left() == []


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ('{"A": {"48": "x"}}', '"48" is no feature of this SAE'),
        ('{"B": {"1": "x"}}', 'labels SAE "B", but this site has A'),
        ('{"A": {"1": "\\ud800"}}', "expected a text"),
        ('{"A": {"1": {"text": "x", "score": NaN}}}', "score is nan"),
    ],
)
def test_labels_that_cannot_be(build: Build, labels: str, said: str) -> None:
    assert said in build.refused(labels=build.write("labels.json", labels))
    assert build.left() == []


def test_a_folder_of_somebody_elses_is_left_alone(build: Build) -> None:
    build.write("out/thesis.tex", "mine")
    assert "is not empty and was not written by featviz, so it is left alone" in build.refused()
    assert list(build.out.iterdir()) == [build.out / "thesis.tex"]


def test_a_file_is_no_folder_for_a_site(build: Build) -> None:
    build.write("out", "mine")
    assert "is a file; expected a folder" in build.refused()
    assert build.out.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_named(build: Build) -> None:
    path = build.write("file", "mine") / "out"
    assert f"Cannot write {path}/.featviz: Not a directory" in build.refused(out=path)


def test_a_folder_that_may_not_be_written_is_named(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    assert f"Cannot write {build.out}/.featviz: Permission denied" in build.refused()
