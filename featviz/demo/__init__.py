"""The embedded demo: a small trained language model, two SAEs of its MLP, and the text they were made from.

The weights lie in three folders beside this file, in the formats that any other model and SAE come in. `corpus` finds
the text, `train` is the recipe that made the weights, `quality` measures them.
"""

from pathlib import Path

DEMO_FOLDER = Path(__file__).parent
MODEL_FOLDER = DEMO_FOLDER / "python-1l"
"""The folder's name is the model's: one layer, trained on Python."""
SAE_A_FOLDER = DEMO_FOLDER / "sae_a"
SAE_B_FOLDER = DEMO_FOLDER / "sae_b"
HOOK = "blocks.0.mlp.hook_post"
"""Where both SAEs read and write: the MLP's 512 neurons, after the GELU."""
