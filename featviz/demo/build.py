"""`featviz demo`: the main job on what the package carries."""

from dataclasses import replace
from functools import partial
from typing import Any

from featviz.bundle.manifest import Manifest
from featviz.demo import MODEL_FOLDER, SAE_A_FOLDER, SAE_B_FOLDER
from featviz.demo.corpus import demo_documents
from featviz.pipeline.build import build
from featviz.pipeline.inputs import Given, load_inputs
from featviz.settings import Settings
from featviz.sources.tokens import TokenOptions, Tokens, from_documents

TITLE = "featviz demo"


def demo_settings(settings: Settings) -> Settings:
    """The settings with the embedded model and SAEs in place."""
    return replace(
        settings,
        model=str(MODEL_FOLDER),
        sae=str(SAE_A_FOLDER),
        sae_b=str(SAE_B_FOLDER),
        title=settings.title or TITLE,
    )


def demo_tokens(tokenizer: Any, options: TokenOptions) -> Tokens:
    """A sample of this Python's standard library."""
    texts = (text for _, text in demo_documents())
    return from_documents("Python standard library", texts, tokenizer, options)


def build_demo(settings: Settings) -> Manifest:
    """Build the site of the embedded model, both SAEs, every feature."""
    return build(demo_settings(settings), partial(load_inputs, given=Given(tokens=demo_tokens)))
