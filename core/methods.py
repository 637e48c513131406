"""Every saliency method as data: name, formula, sign, unit, cost and source. `saliency` and `trace` hold the code.

y is the logit explained, h_i^l the output of layer l at position i, g_i^l = ∂y/∂h_i^l, r_i^l = ⟨g_i^l, h_i^l⟩,
C the content positions (neither special nor padding), W the decoding weights of `saliency.decoding_weights`.
The definitions are this project's own, chosen by experiment, and stand with their scores in METHOD.md; the idea of
saliency at every layer, decoded by the pre-trained language-model head, is from Hou & Castañón, "Decoding Layer
Saliency in Language Transformers", ICML 2023, https://arxiv.org/abs/2308.05219.
"""

from dataclasses import dataclass

LAYER_SALIENCY = "after Hou & Castañón 2023, arXiv 2308.05219"
LOGITS = "logits"
OWN_SCALE = "points of the model's own scale"  # in place of logits where the output is the value of a regression
FRACTION = "share of the layer's saliency"
UNITLESS = "logits per unit of hidden state"
READABLE = 0.5  # own-token recovery below which a layer's reading is not to be trusted (METHOD 7)


@dataclass(frozen=True)
class Method:
    """One saliency method."""

    name: str
    label: str
    """Name for people."""
    formula: str
    signed: bool
    unit: str
    rows: int
    """Rows of one batched forward and backward pass; the methods with 1 share one and the same row."""
    source: str
    needs_head: bool = False
    """Whether it needs a language-model head."""
    explanation: str = ""
    """One plain sentence for people who have not met the method."""

    @property
    def on_demand(self) -> bool:
        """Whether it costs passes of its own."""
        return self.rows > 1


def _by_name(*methods: Method) -> dict[str, Method]:
    return {method.name: method for method in methods}


_STRATIFIED = "s_i^l = (1/K) Σ_k ⟨g_i^l(k), h_i^l(text) − h_i^l(all masked)⟩; at l = 0 in word embeddings: ⟨∂y/∂e_i(k), e_i − e_mask⟩"
_PATH = "r_i^l = Σ_k ⟨(g_i^l(k) + g_i^l(k+1))/2, h_i^l(k+1) − h_i^l(k)⟩, all words brought in together from [MASK] in {} steps"

METHODS = _by_name(
    Method(
        "decoded", "decoded layer saliency", "s_j^l = Σ_i W_ij^l r_i^l over all positions i", True, LOGITS, 1, LAYER_SALIENCY, True,
        "Gradient times hidden state at each layer, handed to the words that the language-model head reads there.",
    ),
    Method(
        "undecoded", "layer saliency, not decoded", "s_j^l = r_j^l = ⟨g_j^l, h_j^l⟩", True, LOGITS, 1,
        "gradient × activation at a layer (Shrikumar et al. 2016, arXiv 1605.01713)", False,
        "Gradient times hidden state at each layer, left at the position where it arises.",
    ),
    Method(
        "layer_mean", "mean over layers", "mean over l of s^l / Σ_j |s_j^l|", True, FRACTION, 1, LAYER_SALIENCY, False,
        "The layers' maps, each brought to the same size, averaged: no choice of layer is needed.",
    ),
    Method(
        "gradient_norm", "gradient norm", "s_j^l = ‖g_j^l‖₂", False, UNITLESS, 1, "Simonyan et al. 2013, arXiv 1312.6034", False,
        "How strongly the class reacts to a small change at this place, whichever way it goes.",
    ),
    Method(
        "grad_cam", "Grad-CAM on hidden states", "s_j^l = ReLU(⟨mean_i g_i^l, h_j^l⟩)", False, LOGITS, 1,
        "Selvaraju et al. 2017, arXiv 1610.02391, on tokens", False,
        "One average gradient for the layer, times each hidden state; only what speaks for the class is kept.",
    ),
    Method(
        "absolute", "|gradient| · |hidden|", "s_j^l = Σ_d |g_jd^l| |h_jd^l|", False, LOGITS, 1, "gradient × activation by magnitude", False,
        "Size of gradient times size of hidden state, signs dropped: an upper bound on the layer saliency.",
    ),
    Method(
        "fast", "stratified, fast", "s_i = ½ Σ_k ⟨∂y/∂e_i(k), e_i − e_mask⟩ at levels 0.3 ± u_i, u_i ~ U(−0.27, 0.27)", True, LOGITS, 2,
        "this project, core/METHOD.md, 4 (antithetic pair)", False,
        "Two copies of the text with every word half hidden at random: what each word adds, at the embedding.",
    ),
    Method(
        "faithful", "stratified, faithful", _STRATIFIED + ", K = 8", True, LOGITS, 10, "this project, core/METHOD.md, 4 (Latin hypercube)", False,
        "Eight copies of the text with the words hidden to different degrees, and the two ends: the most faithful order for its price.",
    ),
    Method(
        "accurate", "stratified, accurate", _STRATIFIED + ", K = 24", True, LOGITS, 26, "this project, core/METHOD.md, 4 (Latin hypercube)", False,
        "The same with 24 copies: steadier order of words that are nearly tied.",
    ),
    Method(
        "path", "path-integrated, 5 rows", _PATH.format(4), True, LOGITS, 5, "conductance (Dhamdhere et al. 2018, arXiv 1805.12233) for all layers at once", False,
        "The text is brought in from [MASK] in steps; at every layer the scores then add up to the change in the logit, but for the gap.",
    ),
    Method("path9", "path-integrated, 9 rows", _PATH.format(8), True, LOGITS, 9, "as path", False, "The same with 9 rows: a smaller gap."),
    Method("path17", "path-integrated, 17 rows", _PATH.format(16), True, LOGITS, 17, "as path", False, "The same with 17 rows: a smaller gap still."),
)

ONE_PASS = tuple(name for name, method in METHODS.items() if not method.on_demand)
ON_DEMAND = tuple(name for name, method in METHODS.items() if method.on_demand)
