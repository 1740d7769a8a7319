"""Every example builds as it stands, where small checkpoints of the same formats have the names of the real ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featviz.bundle.checks.check import check
from featviz.bundle.reader import Bundle
from featviz.examples.write import examples, write_settings
from featviz.pipeline import build as pipeline
from featviz.settings import make_settings, read_settings
from tests.examples import stand_ins
from tests.tiny import TEXT, Tiny

STAND_INS: dict[str, Callable[[Tiny], None]] = {
    "gelu-1l": stand_ins.gelu_1l,
    "gpt2-small": stand_ins.gpt2_small,
    "gemma-scope-2b": stand_ins.gemma_scope_2b,
    "transcoder": stand_ins.transcoder,
}
HOOKS = {
    "gelu-1l": {"A": "blocks.0.mlp.hook_post", "B": "blocks.0.mlp.hook_post"},
    "gpt2-small": {"L5": "blocks.5.hook_resid_pre", "L8": "blocks.8.hook_resid_pre"},
    "gemma-scope-2b": {"L20": "blocks.20.hook_resid_post"},
    "transcoder": {"L8": "blocks.8.mlp.hook_out"},
}
"""What each SAE writes to, by its name."""


@pytest.mark.parametrize("name", examples())
def test_an_example_builds(name: str, files: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "build_site", lambda *arguments: [])
    STAND_INS[name](files)
    write_settings(Path("featviz.toml"), name)
    settings = make_settings(read_settings("featviz.toml"))
    Path(settings.tokens).mkdir(parents=True)
    (Path(settings.tokens) / "text.txt").write_text(TEXT, encoding="utf-8")
    pipeline.build(settings)
    assert check(Path(settings.out)).problems == []
    assert {sae.name: sae.write_hook for sae in Bundle.open(Path(settings.out)).manifest.saes} == HOOKS[name]
