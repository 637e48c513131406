"""Cards of the methods in `core.baselines.attention` and `decomposition`."""

from core.cards.card import ATTENTION as GROUP
from core.cards.card import Card

NO_SIGN = "There is none: the method tells how much, not which way."
SHARED = "1 forward and backward pass with attention matrices, shared by the attention methods"
SHARE = "share of what the classifier reads"

ATTENTION: tuple[Card, ...] = (
    Card(
        "attention_last", "attention of the last layer", GROUP, "s_i = E_h[A^L_pi], p the position that the classifier reads",
        False, NO_SIGN, SHARE, SHARED,
        "Bahdanau et al. 2015, arXiv 1409.0473; for and against as explanation: Jain & Wallace 2019, arXiv 1902.10186",
        "How much the last layer takes from each word's place; what was mixed in below is not seen, "
        "and every class gets the same answer.",
    ),
    Card(
        "attention_rollout", "attention rollout", GROUP, "s_i = (Â^L ⋯ Â^1)_pi, Â^l = rownorm(E_h[A^l] + I)",
        False, NO_SIGN, SHARE, SHARED, "Abnar & Zuidema 2020, arXiv 2005.00928",
        "The attention of all layers multiplied, with what each place keeps of itself; every class gets the same answer.",
    ),
    Card(
        "attention_relevance", "gradient × attention", GROUP,
        "s_i = R_pi; R ← I, at each layer R ← R + E_h[(∂y/∂A^l ⊙ A^l)⁺] R; then R − I",
        False, "There is none: at every layer what speaks against the class is cut off.",
        "no fixed unit: gradients of several layers multiplied", SHARED,
        "Chefer et al. 2021, arXiv 2103.15679 "
        "(the rule for any model; that of arXiv 2012.09838 needs a relevance rule for every operation)",
        "The attention that speaks for the class, passed on through all layers.",
    ),
    Card(
        "alti", "ALTI", GROUP, "s_i = (C^L ⋯ C^1)_pi, c_ij = max(0, ‖y_i‖₁ − ‖y_i − T_i(x_j)‖₁), rows to 1",
        False, NO_SIGN, SHARE,
        "about 1 forward pass for a sentence, 5 for 250 tokens: a vector for every pair of tokens and layer",
        "Ferrando et al. 2022, arXiv 2203.04212",
        "How much of each layer's attention output, residual connection and norm included, comes from each word; "
        "every class gets the same answer.",
    ),
    Card(
        "value_zeroing", "value zeroing", GROUP, "s_i = (C^L ⋯ C^1)_pi, c_ij = 1 − cos(h_i, h_i with v_j = 0), rows to 1",
        False, NO_SIGN, SHARE,
        "about T forward passes for T tokens, layer by layer", "Mohebbi et al. 2023, arXiv 2301.12971",
        "How far each layer's outputs turn when one word is kept from passing anything on; every class gets the same answer.",
        is_dear=True,
    ),
    Card(
        "decompx", "DecompX", GROUP,
        "s_j = x_j→y: each hidden state kept as a sum over tokens, h_i = Σ_j x_ij, through all layers and the head",
        True, "Speaks against the class.", "logits",
        "about T forward passes for T tokens", "Modarressi et al. 2023, arXiv 2306.02873",
        "The logit split into what each word adds, by carrying every word's part through the whole model.", is_dear=True,
    ),
)  # fmt: skip
