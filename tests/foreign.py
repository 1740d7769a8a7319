"""Small dashboards as sae_vis and SAEDashboard write them, for the importers."""

import json
from pathlib import Path
from typing import Any

SPELLED = ["Ġthe", "Ġcat", "Ċ", "âĢĻ", "âĢ", "Ã©", "ing", "</script>", "Ġdog", "Ġ", "."]
"""A byte-level vocabulary: newline, a quote that dashboards replace, half of one, é, markup."""
POSITIONS = 4096


def sae_vis_token(spelled: str) -> str:
    """How sae_vis prints a token."""
    return spelled.replace("âĢĻ", "’").replace("Ġ", " ").replace("Ċ", "\\n")


def neuronpedia_token(spelled: str) -> str:
    """How SAEDashboard prints one."""
    return spelled.replace("âĢĻ", "’").replace("Ġ", " ").replace("Ċ", "\n")


def sae_vis_feature(feature: int, firings: int = 40) -> dict[str, Any]:
    """A feature that fires up to 2, with a top group and two intervals."""
    counts = [firings - 10, 0, 4, 6] if firings else []
    title = f"ACTIVATIONS<br><span style='color:#666;font-weight:normal'>DENSITY = {firings / POSITIONS:.3%}</span>"
    high = 10 / max(firings, 1)
    titles = ["TOP ACTIVATIONS<br><span>MAX ACT = 2.000</span>"]
    titles += [f"INTERVAL 1.000 - 2.000<br><span>CONTAINS {high:.3%}</span>"]
    titles += [f"INTERVAL 0.000 - 1.000<br><span>CONTAINS {1 - high:.3%}</span>"]
    rows = [{"index": 7, "value": "+0.250", "percentageL1": "1.5%"}]
    return {
        "seqMultiGroup": [
            {
                "seqGroupData": [
                    {"seqData": sae_vis_window(seq, 2.0 / (1 + group)), "dfaSeqData": [], "seqMetadata": {}}
                    for seq in range(3 * group, 3 * group + 3)
                ],
                "seqGroupMetadata": {"title": title_, "seqGroupId": f"seq-group-{group}", "maxAct": 2.0},
            }
            for group, title_ in enumerate(titles)
        ],
        "actsHistogram": {"y": counts, "x": [0.25, 0.75, 1.25, 1.75] if counts else [], "ticks": [0], "title": title},
        "logitsHistogram": {"y": [5, 6], "x": [-1.0, 1.0], "ticks": [0], "title": False},
        "logitsTable": {
            "negLogits": [{"symbol": " the", "value": -1.5}, {"symbol": " never", "value": -0.5}],
            "posLogits": [{"symbol": "Ã©", "value": 1.25}, {"symbol": "’", "value": 0.5}],
            "maxLogits": 1.5,
        },
        "featureTables": {
            "neuronAlignment": rows,
            "correlatedNeurons": [{"index": 3, "value": "+nan", "percentageL1": "+0.125"}],
            "correlatedFeatures": [{"index": feature + 5, "value": "+0.500", "percentageL1": "+0.625"}],
            "correlatedFeaturesB": [{"index": 9, "value": "-0.500", "percentageL1": "+0.625"}],
        },
    }


def sae_vis_window(seq: int, activation: float) -> list[dict[str, Any]]:
    """Five tokens around a target; the one after it is affected."""
    tokens: list[dict[str, Any]] = [
        {
            "tok": sae_vis_token(SPELLED[(seq + place) % len(SPELLED)]),
            "tokID": (seq + place) % len(SPELLED),
            "tokPosn": f"({seq}, {10 + place})",
            "tokenLogit": 0.5,
            "isBold": place == 2,
        }
        for place in range(5)
    ]
    tokens[2]["featAct"] = activation
    tokens[3] |= {
        "posToks": ["&nbsp;dog", "Ã©"],
        "negToks": ["&bsol;n", "."],
        "posVal": [1.0, 0.5],
        "negVal": [-1.0, -0.5],
        "lossEffect": -0.25,
        "logitEffect": 0.5,
    }
    return tokens


def sae_vis_html(features: dict[int, dict[str, Any]]) -> str:
    """The page that holds them."""
    return f"""
<div id='dropdown-container'></div>
<script>
const DATA = defineData();

function defineData() {{
    return {json.dumps({str(feature): content for feature, content in features.items()})};
}}

function definePromptData() {{
    return {json.dumps({})};
}}
</script>
"""


def write_sae_vis(path: Path, *features: int) -> Path:
    """A file of some features."""
    path.write_text(sae_vis_html({feature: sae_vis_feature(feature) for feature in features}), encoding="utf-8")
    return path


def neuronpedia_feature(feature: int, firings: int = 40) -> dict[str, Any]:
    """The same, as a feature of a batch; the lowest interval holds a silent window too."""
    bins = [(-1, 2.0, -1, 2.0), (1.0, 2.0, 0.0025, 1.5), (0.0, 1.0, 0.9, 0.5), (0.0, 1.0, 0.9, 0.0)]
    return {
        "feature_index": feature,
        "neuron_alignment_indices": [],
        "neuron_alignment_values": [],
        "neuron_alignment_l1": [],
        "correlated_neurons_indices": [],
        "correlated_neurons_l1": [],
        "correlated_neurons_pearson": [],
        "correlated_features_indices": [0],
        "correlated_features_l1": [0.5],
        "correlated_features_pearson": [float("nan")],
        "neg_str": [" the", " never"],
        "neg_values": [-1.5, -0.5],
        "pos_str": ["Ã©", "’"],
        "pos_values": [1.25, 0.5],
        "frac_nonzero": round(firings / POSITIONS, 5),
        "freq_hist_data_bar_values": [0.25, 0.75, 1.25, 1.75] if firings else [],
        "freq_hist_data_bar_heights": [float(firings - 10), 0.0, 4.0, 6.0] if firings else [],
        "logits_hist_data_bar_heights": [5.0, 6.0],
        "logits_hist_data_bar_values": [-1.0, 1.0],
        "n_prompts_total": 128,
        "n_tokens_in_prompt": 32,
        "dataset": "some/text",
        "decoder_weights_dist": [],
        "vector": [],
        "activations": [
            {
                "bin_min": low,
                "bin_max": high,
                "bin_contains": share,
                "tokens": [neuronpedia_token(SPELLED[(place + k) % len(SPELLED)]) for k in range(11)],
                "values": [0.0] * 4 + [value] + [0.0] * 6,
                "qualifying_token_index": 4,
            }
            for place, (low, high, share, value) in enumerate(bins)
        ],
    }


def batch(features: list[dict[str, Any]], sae_set: str = "res-jb") -> dict[str, Any]:
    """A batch of features."""
    return {"model_id": "tiny", "layer": 3, "sae_set": sae_set, "sae_id_suffix": None, "features": features}


def write_batches(folder: Path, count: int = 20, size: int = 2, sae_set: str = "res-jb") -> Path:
    """A folder of batches, more than ten of them, so that their numbers must be read as numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, size):
        content = batch([neuronpedia_feature(feature) for feature in range(first, first + size)], sae_set)
        (folder / f"batch-{first // size}.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "run_settings.json").write_text("{}", encoding="utf-8")
    return folder
