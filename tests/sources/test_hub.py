"""SAEs by their names on the hub, with a folder that stands for it."""

import fnmatch
import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from featviz.errors import InputError
from featviz.sources.readers import read_sae
from tests.sources.test_readers import gemma_scope, one_layer
from tests.trainers.write import DATA

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Copies what is asked for as the hub's cache lays it out: folders, and in them links to files named by hash."""

    def __init__(self, folder: Path) -> None:
        self.repositories, self._cache = folder / "hub", folder / "cache"
        self.downloaded: list[str] = []

    def snapshot_download(self, repo_id: str, allow_patterns: list[str]) -> str:
        repository = self.repositories / repo_id
        if not repository.is_dir():
            raise OSError(f"404 Client Error.\n\nRepository Not Found for {repo_id}.")
        snapshot = self._cache / f"models--{repo_id.replace('/', '--')}" / "snapshots" / COMMIT
        for file in sorted(path for path in repository.rglob("*") if path.is_file()):
            name = file.relative_to(repository).as_posix()
            if any(fnmatch.fnmatch(name, pattern) for pattern in allow_patterns):
                self._link(file, snapshot / name)
                self.downloaded.append(name)
        return str(snapshot)

    def _link(self, file: Path, place: Path) -> None:
        blob = self._cache / "blobs" / str(len(self.downloaded))
        blob.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, blob)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(blob)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The hub, with nothing on it, and an empty folder to stand in."""
    found = Hub(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", found.snapshot_download)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return found


def refusal(name: str) -> str:
    with pytest.raises(InputError) as refused:
        read_sae(name)
    return str(refused.value)


def test_a_folder_of_a_repository(hub: Hub) -> None:
    folder = hub.repositories / "jbloom" / "GPT2" / "blocks.8.hook_resid_pre"
    shutil.copytree(DATA / "saelens_standard", folder)
    sae = read_sae("jbloom/GPT2/blocks.8.hook_resid_pre")
    assert (sae.source, sae.revision) == ("jbloom/GPT2/blocks.8.hook_resid_pre", COMMIT)
    assert hub.downloaded == ["blocks.8.hook_resid_pre/cfg.json", "blocks.8.hook_resid_pre/sae_weights.safetensors"]


def test_a_file_of_a_repository_comes_with_its_configuration_alone(hub: Hub) -> None:
    for number in (25, 47):
        one_layer(hub.repositories / "NeelNanda" / "sparse_autoencoder", number)
    assert read_sae("NeelNanda/sparse_autoencoder/47.pt").d_sae == 12
    assert hub.downloaded == ["47.pt", "47_cfg.json"]


def test_hooks_are_read_from_the_names_of_a_repository_and_its_folders(hub: Hub) -> None:
    gemma_scope(hub.repositories / "google" / "gemma-scope-2b-pt-res" / "layer_20" / "width_16k" / "average_l0_71")
    assert (
        read_sae("google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71").read_hook
        == "blocks.20.hook_resid_post"
    )
    name = Path("EleutherAI") / "transcoders" / "layers.8.mlp"
    shutil.copytree(next((DATA / "sparsify_transcoder").rglob("cfg.json")).parent, hub.repositories / name)
    assert read_sae(name).write_hook == "blocks.8.mlp.hook_out"


def test_a_repository_that_is_one_sae(hub: Hub) -> None:
    shutil.copytree(DATA / "saelens_topk", hub.repositories / "me" / "mine")
    assert read_sae("me/mine").architecture == "topk"


def test_a_folder_that_is_here_wins(hub: Hub, tmp_path: Path) -> None:
    shutil.copytree(DATA / "saelens_topk", tmp_path / "here" / "me" / "mine")
    assert read_sae("me/mine").revision is None
    assert hub.downloaded == []


def test_a_repository_that_is_not_there_is_named_with_the_reason(hub: Hub) -> None:
    message = refusal("me/mine/sae")
    assert 'SAE "me/mine/sae" is no folder here, and it could not be taken from the Hugging Face hub: 404' in message
    assert "Repository Not Found for me/mine." in message


def test_a_folder_that_a_repository_lacks_is_named(hub: Hub) -> None:
    shutil.copytree(DATA / "saelens_topk", hub.repositories / "me" / "mine" / "a")
    assert 'repository "me/mine" holds no SAE at "b"' in refusal("me/mine/b")


@pytest.mark.parametrize("name", ["nowhere", "../me/mine", "/me/mine", "./me/mine", "me/../mine"])
def test_what_can_only_be_a_path_is_not_looked_for(hub: Hub, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise AssertionError("asked the hub")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    assert "does not exist. Expected a folder with" in refusal(name)
