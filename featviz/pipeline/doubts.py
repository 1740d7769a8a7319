"""What lets a build through but looks like a mistake."""

from collections.abc import Iterator, Mapping

from featviz.capture import Firings
from featviz.pipeline.inputs import Inputs


def doubts(inputs: Inputs, firings: Mapping[str, Firings]) -> Iterator[str]:
    """A line for each SAE that was trained on other weights than the model has, or that never fires."""
    used = inputs.model.processing
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
