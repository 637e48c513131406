"""Cards of the methods in `core.baselines.gradients`, `integrated` and `deep_lift`."""

from core.cards.card import GRADIENT, Card

NO_SIGN = "There is none: the method tells how much, not which way."
AGAINST = "Speaks against the class."
SHARED = "the one forward and backward pass that all one-pass methods share"
STEPS = "20 rows of forward and backward passes, doubled up to 160 while the gap is large, and 1 forward pass"
INTEGRAL = "s_i = Σ_d (e_id − e′_id) ∫₀¹ ∂y/∂e_id(e′ + α(e − e′)) dα"
INTEGRATED = "Sundararajan et al. 2017, arXiv 1703.01365"
GRAD_CAM = "Selvaraju et al. 2017, arXiv 1610.02391, on tokens"


def _integrated(kind: str, blank: str, why: str) -> Card:
    return Card(
        f"integrated_{kind}", f"integrated gradients, {blank}", GRADIENT, f"{INTEGRAL}, e′ = {blank} at every word",
        True, AGAINST, "logits", STEPS, INTEGRATED,
        f"The gradients on the way from {why} to the text, added up: "
        "together they give the change in the logit, but for the gap.",
        is_dear=True,
    )  # fmt: skip


GRADIENTS: tuple[Card, ...] = (
    Card(
        "input_gradient_norm", "gradient norm of the words", GRADIENT, "s_i = ‖∂y/∂e_i‖₂", False, NO_SIGN,
        "logits per unit of word embedding", SHARED, "Simonyan et al. 2013, arXiv 1312.6034",
        "How strongly the class reacts to a small change of the word, whichever way it goes.",
    ),
    Card(
        "input_x_gradient", "gradient × input", GRADIENT, "s_i = ⟨∂y/∂e_i, e_i⟩", True, AGAINST, "logits",
        SHARED, "Shrikumar et al. 2016, arXiv 1605.01713",
        "What the word would add if the model were a straight line through the text.",
    ),
    Card(
        "smooth_grad", "SmoothGrad of the gradient norm", GRADIENT,
        "s_i = (1/20) Σ_k ‖∂y/∂e_i(e + ε_k)‖₂, ε_k ~ N(0, σ²), σ = 0.1 (max e − min e)",
        False, NO_SIGN, "logits per unit of word embedding", "20 rows of forward and backward passes",
        "Smilkov et al. 2017, arXiv 1706.03825",
        "The gradient norm averaged over copies of the text with a little noise, so that chance ripples cancel.", is_dear=True,
    ),
    _integrated("mask", "[MASK]", "a text of [MASK]"),
    _integrated("pad", "[PAD]", "a text of padding"),
    _integrated("zero", "zero", "a text of zero embeddings"),
    Card(
        "grad_cam_embedding", "Grad-CAM at the embedding", GRADIENT, "s_j = ReLU(⟨mean_i g_i^0, h_j^0⟩)", False,
        "There is none: what speaks against the class is set to 0.", "logits", SHARED, GRAD_CAM,
        "One average gradient for all words, times each embedding; only what speaks for the class is kept.",
    ),
    Card(
        "grad_cam_last", "Grad-CAM at the last layer", GRADIENT, "s_j = ReLU(⟨mean_i g_i^L, h_j^L⟩)", False,
        "There is none: what speaks against the class is set to 0.", "logits", SHARED, GRAD_CAM,
        "The same where the classification head reads: the place that image models use.",
    ),
    Card(
        "deep_lift", "DeepLIFT, rescale rule", GRADIENT,
        "s_i = ⟨m_i, e_i − e′_i⟩, m by the chain rule with Δout/Δin for every activation's slope; e′ = [PAD]",
        True, AGAINST, "logits", "2 rows of forward and backward passes", "Shrikumar et al. 2017, arXiv 1704.02685",
        "How the difference between the text and a text of padding is handed on, activation by activation.", is_experimental=True,
    ),
)  # fmt: skip
