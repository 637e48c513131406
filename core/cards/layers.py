"""The layer methods on the wall: their cards follow from `core.methods`."""

from core.cards.card import LAYER, Card
from core.methods import METHODS

DEAR = ("accurate", "path9", "path17")
SHARED = "the one forward and backward pass that all one-pass methods share"
READING = {  # what these two cost besides
    "decoded": ", and the language-model head on every layer",
    "layer_mean": ", and the language-model head, if there is one, on every layer",
}


def _negative(name: str) -> str:
    if METHODS[name].signed:
        return "Speaks against the class."
    if name == "grad_cam":
        return "There is none: what speaks against the class is set to 0."
    return "There is none: the method tells how much, not which way."


def _card(name: str) -> Card:
    method = METHODS[name]
    cost = f"{method.rows} rows of forward and backward passes" if method.on_demand else SHARED + READING.get(name, "")
    negative, explanation = _negative(name), method.explanation
    return Card(
        name, method.label, LAYER, method.formula, method.signed, negative, method.unit, cost, method.source, explanation,
        name in DEAR,
    )  # fmt: skip


REFINED = Card(
    "refined", "stratified, refined", LAYER,
    "s_j = ½ (f_j / ‖f‖ + e_j / ‖e‖) for the eleven words of highest f, else f_j / ‖f‖; "
    "f: stratified, faithful, at the embedding; "
    "e_j = mean of v with word j − mean of v without it, over a folded Plackett–Burman plan",
    True, "Speaks against the class.", "share of the length of the eleven strongest scores",
    "10 rows of forward and backward passes and 24 rows of forward passes",
    "this project, core/METHOD.md, 4; Plackett & Burman 1946",
    "The stratified map finds the words that matter; "
    "then the eleven strongest are hidden in a planned way, to see which of them come first.",
)  # fmt: skip
LAYERS = (*(_card(name) for name in METHODS), REFINED)
