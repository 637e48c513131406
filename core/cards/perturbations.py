"""Cards of the methods in `core.baselines.perturbations`."""

from core.cards.card import CONTROL, PERTURBATION, Card

AGAINST = "Speaks against the class: without the word, the model is surer of it."
UNIT = "probability"  # of a regression, its own scale; the choices on the result say which
V = "v(S) = p_c of the text with only the words S kept"

PERTURBATIONS: tuple[Card, ...] = (
    Card(
        "leave_one_out", "leave-one-out", PERTURBATION, "s_i = p_c(text) − p_c(text without word i)", True, AGAINST, UNIT,
        "1 row of forward passes for the text and 1 for each word",
        "Zeiler & Fergus 2014, arXiv 1311.2901 (occlusion); Li et al. 2016, arXiv 1612.08220",
        "Each word is hidden once, alone: how much less sure is the model then?",
    ),
    Card(
        "lime", "LIME", PERTURBATION,
        "s = the β of min Σ_n π_n (v(S_n) − b − Σ_{i∈S_n} β_i)² + Σ_i β_i²; π = exp(−d²/(2·0.25²)), d = 1 − √(|S|/W); " + V,
        True, AGAINST, UNIT, "200 rows of forward passes for each of 3 seeds", "Ribeiro et al. 2016, arXiv 1602.04938",
        "Hundreds of copies of the text with words hidden at random, and one score a word that adds up to what the model says "
        "of the fuller ones.",
        is_dear=True,
    ),
    Card(
        "kernel_shap", "KernelSHAP", PERTURBATION,
        "s = the φ of min Σ_n k_n (v(S_n) − v(∅) − Σ_{i∈S_n} φ_i)², Σ φ = v(text) − v(∅); "
        "k = (W − 1)/((W choose |S|)·|S|·(W − |S|)); " + V,
        True, AGAINST, UNIT, "200 rows of forward passes; on texts of up to 7 words all 2^W, and then exact",
        "Lundberg & Lee 2017, arXiv 1705.07874",
        "What a word adds on average over all orders in which words can be shown (its Shapley value), from 200 samples.",
        is_dear=True,
    ),
    Card(
        "ridge_shap", "ridge SHAP", PERTURBATION,
        "s = the β of min Σ_n (v(S_n) − b − Σ_{i∈S_n} β_i)² + 0.1 Σ_i β_i², "
        "the words of S_n kept with a probability from U(0, 1); " + V,
        True, AGAINST, UNIT, "200 rows of forward passes", "this project, core/METHOD.md: the strongest rival of its tables",
        "A plain regression on texts of which as often much as little is hidden: near the Shapley values, "
        "and steadier from few samples.",
        is_dear=True,
    ),
    Card(
        "partition_shap", "partition SHAP (Owen values)", PERTURBATION,
        "s = the Owen values of v along a tree of words and clauses; " + V, True, AGAINST, UNIT,
        "up to 200 rows of forward passes", "Owen 1977; shap's PartitionExplainer, Lundberg et al., github.com/shap/shap",
        "The text is taken apart clause by clause, and each half gets what it adds with and without the other half.",
        is_dear=True,
    ),
    Card(
        "random", "random order", CONTROL, "s_i ~ U(0, 1), 5 seeds", False, "There is none: the scores mean nothing.", "none",
        "no pass of the model",
        "control group", "Scores drawn by lot: a method that doesn't beat them has found nothing.",
    ),
)  # fmt: skip
