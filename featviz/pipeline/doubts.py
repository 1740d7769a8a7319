"""What lets a build through but looks like a mistake."""

from collections.abc import Iterator, Mapping

from featviz.capture import Firings
from featviz.pipeline.inputs import Inputs

FEWEST_KNOWN = 0.9
"""The share of a model's vocabulary that its tokenizer knows at least; vocabularies are padded to round numbers."""


def doubts(inputs: Inputs, firings: Mapping[str, Firings]) -> Iterator[str]:
    """A line for a tokenizer too small for its model, and for each SAE that never fires or was trained otherwise."""
    used, known = inputs.model.processing, len(inputs.model.tokenizer)
    if known < FEWEST_KNOWN * inputs.model.d_vocab:
        yield (
            f"The tokenizer of {inputs.model.name} knows {known} tokens, but the model has d_vocab="
            f"{inputs.model.d_vocab}. Is the tokenizer another model's?"
        )
    for name, sae in inputs.saes.items():
        if sae.processing not in (None, used):
            yield (
                f"SAE {name} ({sae.source}) was trained on weights with processing {sae.processing}, but the model is "
                f"loaded with {used}: its activations may be wrong."
            )
        if not len(firings[name].place):
            yield (
                f"SAE {name} ({sae.source}) never fires: all of its {sae.d_sae} features are dead on these tokens. "
                f"Is {sae.read_hook} of {inputs.model.name} what it was trained on?"
            )
