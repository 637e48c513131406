"""Methods that hide words and look at what the model says: leave-one-out, LIME, three forms of SHAP; and chance, the control.

All explain what the games of `faithfulness` measure, the probability of the class (of a regression, the value), and hide
words by the operator of the case. Every masked text is run once, whoever asks.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.agreement import has_no_order, spearman_matrix
from core.baselines.shapley import cluster_words, every_mask, fit_shapley, owen_values, rows_of, shapley_masks
from core.case import Case
from core.comparison import Quality, WordScores
from core.errors import MethodError
from core.outputs import is_regression
from core.saliency import seed_of

KERNEL_WIDTH, LIME_PENALTY = 0.25, 1.0  # of the lime package (25 of 100 there)
RIDGE_PENALTY = 0.1  # as in the study behind METHOD.md
GOOD_R2, GOOD_SPREAD = 0.5, 0.8
LEAST_SAMPLES = 4


def random_scores(case: Case, seeds: int = 5) -> WordScores:
    """s_i ~ U(0, 1): what an explanation must beat."""
    draws = np.stack([_generator(case, k).random(case.n_words) for k in range(seeds)])
    return WordScores("random", draws, choices=(_seed(case, seeds),), notes=("The control group: it knows nothing of the model.",))


def leave_one_out(case: Case) -> WordScores:
    """s_i = v(text) − v(text without word i)."""
    keep = np.concatenate([np.ones((1, case.n_words), bool), ~np.eye(case.n_words, dtype=bool)])
    values = case.masked.says(keep)
    return WordScores("leave_one_out", (values[0] - values[1:])[None], choices=_choices(case), forwards=len(keep))


def lime(case: Case, samples: int = 200, seeds: int = 3) -> WordScores:
    """Weighted ridge regression on masks near the text, for several seeds (Ribeiro et al. 2016, arXiv 1602.04938)."""
    choices = (
        ("kernel", f"exp(−d² / (2 · {KERNEL_WIDTH}²)), d = 1 − √(share of the words kept), the cosine distance to the whole text"),
        ("masks", "the whole text, and texts with 1 to W words hidden, every number as likely"),
        ("penalty", f"ridge, {LIME_PENALTY:g}; none on the intercept; all words in the regression"),
    )
    return _fit_ridges(case, "lime", lime_masks, lime_weights, LIME_PENALTY, samples, seeds, choices)


def ridge_shap(case: Case, samples: int = 200, seeds: int = 1) -> WordScores:
    """Plain ridge regression on masks of all sizes alike: the “ridge SHAP” of METHOD.md's tables."""
    choices = (
        ("masks", "the whole text, and texts whose words are kept with a probability drawn from U(0, 1) for each text"),
        ("penalty", f"ridge, {RIDGE_PENALTY:g}; none on the intercept; all masks count alike"),
    )
    return _fit_ridges(case, "ridge_shap", uniform_masks, lambda masks: np.ones(len(masks)), RIDGE_PENALTY, samples, seeds, choices)


def kernel_shap(case: Case, samples: int = 200, seeds: int = 1) -> WordScores:
    """Regression under the Shapley kernel, the two ends among the samples; exact where all 2^W masks are no more than that."""
    _check(samples)
    n_words = case.n_words
    is_exact = n_words < 63 and 2**n_words <= samples
    seeds = 1 if is_exact else seeds
    ends = np.array([[False], [True]]).repeat(n_words, 1)
    drawn = [shapley_masks(n_words, samples - 2, _generator(case, k)) if n_words > 1 else (ends[:0], np.ones(0)) for k in range(seeds)]
    keep = np.concatenate([ends, *(masks for masks, _ in drawn)])
    values = case.masked.says(keep).astype(float)
    (empty, whole), parts = values[:2], np.split(values[2:], np.cumsum([len(masks) for masks, _ in drawn])[:-1])  # one part a seed
    draws = np.stack([fit_shapley(masks, part, weights, empty, whole) for (masks, weights), part in zip(drawn, parts)])
    how = "all there are" if is_exact else "the empty and the whole text, the smallest and largest sizes whole, the others drawn in opposite pairs"
    choices = (("samples", str(2 + len(drawn[0][0]))), ("masks", how), ("constraint", "the scores add up to what all words change together"))
    notes = ("All masks were tried: these are the exact Shapley values.",) if is_exact else _few(n_words, samples)
    qualities = () if is_exact else (_r2(parts[0] - empty, drawn[0][0] @ draws[0], drawn[0][1], n_words), *_spread(draws))
    seed = () if is_exact else (_seed(case, seeds),)
    return WordScores("kernel_shap", draws, choices=(*_choices(case), *choices, *seed), qualities=qualities, notes=notes, forwards=len(keep))


def partition_shap(case: Case, samples: int = 200) -> WordScores:
    """Owen values along a tree of the text's words and clauses, through `shap`'s PartitionExplainer."""
    _check(samples)
    if case.n_words == 1:  # shap cannot part a single word (shap#3515), and need not
        values, rows, is_whole = np.diff(case.masked.says(every_mask(1))), 2, True
    else:
        values, rows, is_whole = _owen(case, samples)
    choices = (
        ("samples", f"{rows} of at most {samples}, the largest effects first"),
        ("tree", "words, then clauses: parted at brackets, connectors, commas and full stops, as shap's Text masker does; two texts meet at the root"),
    )
    notes = ("Every group was taken apart: these are the exact Owen values.",)
    if not is_whole:
        notes = ("The budget ended before every group was taken apart: words of such a group share its score evenly.",)
    return WordScores("partition_shap", values[None], choices=(*_choices(case), *choices), notes=notes, forwards=rows)


def _owen(case: Case, budget: int) -> tuple[np.ndarray, int, bool]:
    """(W) Owen values, the rows asked for, and whether they sufficed to take every group apart."""
    asked = 0

    def ask(keep: np.ndarray) -> np.ndarray:
        nonlocal asked
        with case.masked.telling(lambda stage, share: case.tell(stage, (asked + share * len(keep)) / budget)):
            values = case.masked.says(keep)
        asked += len(keep)
        return values

    text, spans, words = case.query.joined, case.reading.tokens.word_spans.tolist(), []
    for low, high in case.query.text_spans:
        inside = [(start, end) for start, end in spans if low <= start < high]
        ends = [low, *(end for _, end in inside)]
        words.append([(text[start:end].strip(), _is_glued(text, before, start)) for before, (start, end) in zip(ends, inside)])
    tree = cluster_words([part for part in words if part])
    values, rows = owen_values(ask, tree, budget)
    return values, rows, rows == rows_of(tree)


def _is_glued(text: str, before: int, start: int) -> bool:
    """Whether a word that begins with a letter of a–z goes on where a letter or digit ended (shap's own rule)."""
    return 0 < before == start and (text[start - 1].isalnum() or text[start - 1] == "_") and text[start].isascii() and text[start].isalpha()


# --- masks and regressions -------------------------------------------------------------------------------------------
def lime_masks(n_words: int, samples: int, draw: np.random.Generator) -> np.ndarray:
    """(samples, W) bool: all words kept, then 1 … W of them hidden, every number and every choice of them as likely."""
    hidden = draw.integers(1, n_words + 1, size=samples)
    hidden[0] = 0
    order = draw.random((samples, n_words)).argsort(1).argsort(1)  # the place of each word in a random order
    return order >= hidden[:, None]


def uniform_masks(n_words: int, samples: int, draw: np.random.Generator) -> np.ndarray:
    """(samples, W) bool: all words kept, then each with a probability that is drawn from U(0, 1) for the row."""
    keep = draw.random((samples, n_words)) < draw.random((samples, 1))
    keep[0] = True
    return keep


def lime_weights(masks: np.ndarray) -> np.ndarray:
    """(n) exponential kernel on the cosine distance between the mask and the full one."""
    distance = 1 - np.sqrt(masks.mean(1))
    return np.exp(-(distance**2) / (2 * KERNEL_WIDTH**2))


def fit_ridge(masks: np.ndarray, values: np.ndarray, weights: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """(W) scores β and the intercept b that minimise Σ_n weights_n (values_n − b − Σ_{i kept} β_i)² + penalty Σ_i β_i²."""
    centre, mean = np.average(masks, axis=0, weights=weights), np.average(values, weights=weights)
    rows = masks - centre
    scores = np.linalg.solve((rows * weights[:, None]).T @ rows + penalty * np.eye(masks.shape[1]), rows.T @ (weights * (values - mean)))
    return scores, float(mean - centre @ scores)


def _fit_ridges(
    case: Case, method: str, draw_masks: Callable[..., Any], weigh: Callable[..., Any], penalty: float, samples: int, seeds: int, choices: tuple[Any, ...]
) -> WordScores:  # fmt: skip
    """One ridge regression a seed; all masks are asked for at once."""
    _check(samples)
    masks = [draw_masks(case.n_words, samples, _generator(case, k)) for k in range(seeds)]
    values = np.split(case.masked.says(np.concatenate(masks)).astype(float), seeds)
    fits = [fit_ridge(rows, said, weigh(rows), penalty) for rows, said in zip(masks, values)]
    draws = np.stack([scores for scores, _ in fits])
    fitted = masks[0] @ draws[0] + fits[0][1]
    qualities = (_r2(values[0], fitted, weigh(masks[0]), case.n_words), *_spread(draws))
    choices = (*_choices(case), ("samples", f"{samples}, for each of {seeds} seeds" if seeds > 1 else str(samples)), *choices, _seed(case, seeds))
    return WordScores(method, draws, choices=choices, qualities=qualities, notes=_few(case.n_words, samples), forwards=seeds * samples)


# --- what is said of them --------------------------------------------------------------------------------------------
def _check(samples: int) -> None:
    if samples < LEAST_SAMPLES:
        raise MethodError(f"{samples} samples are too few to fit anything; ask for at least {LEAST_SAMPLES}, better 200.")


def _generator(case: Case, draw: int) -> np.random.Generator:
    return np.random.default_rng([*(seed_of(window) for window in case.windows), draw])


def _seed(case: Case, seeds: int) -> tuple[str, str]:
    numbers = ", ".join(str(seed_of(window)) for window in case.windows)
    return "seed", f"{numbers}, from the pieces of the text" + (f", and 0 to {seeds - 1}" if seeds > 1 else ", and 0")


def _choices(case: Case) -> tuple[tuple[str, str], ...]:
    """What is explained, and what hiding a word means."""
    labels = case.classifier.labels
    target = f"“{labels[case.target]}”"
    if is_regression(case.classifier):
        explained = f"the value {target}" + ("" if case.against is None else f" less “{labels[case.against]}”")
    else:
        explained = f"the probability of {target}" + ("" if case.against is None else f", “{labels[case.against]}” the only alternative")
    replacement = case.masked.replacement
    return ("explained", explained), ("replacement", replacement), ("pieces of a word", "hidden and shown together")


def _few(n_words: int, samples: int) -> tuple[str, ...]:
    """A warning where the masks can't tell the words apart."""
    return (f"{samples} samples for {n_words} words: too few to tell the words apart.",) if samples < n_words else ()


def _r2(values: np.ndarray, fitted: np.ndarray, weights: np.ndarray, n_words: int) -> Quality:
    """The weighted share of the variance that a sum of word scores explains; without a verdict where it would fit anything."""
    mean = np.average(values, weights=weights)
    total = float(weights @ (values - mean) ** 2)
    left = float(weights @ (values - fitted) ** 2)
    r2 = 1 - left / total if total > 0 else float(left <= 1e-12)
    is_good = r2 >= GOOD_R2 if len(values) >= 2 * n_words else None
    doubt = "" if is_good is not None else " With so few samples for so many words, a sum fits well whatever the model does."
    meaning = f"Share of the variance of the model's answers that a sum of one score a word explains, on the {len(values)} texts it was fitted to.{doubt}"
    return Quality("r2", "fit R²", r2, "share of the variance", is_good, meaning)


def _spread(draws: np.ndarray) -> tuple[Quality, ...]:
    """How far the seeds agree on the order of the words; nothing where there is no order or one seed."""
    if len(draws) < 2 or has_no_order(draws).any():
        return ()
    agreement = spearman_matrix(draws)[np.triu_indices(len(draws), 1)].mean()
    meaning = f"Mean rank correlation of the words' scores between {len(draws)} seeds: 1 means that chance changes nothing."
    return (Quality("spread", f"agreement of {len(draws)} seeds", float(agreement), "Spearman's ρ", bool(agreement >= GOOD_SPREAD), meaning),)


PERTURBATION_RUNS: dict[str, Callable[[Case], WordScores]] = {
    "leave_one_out": leave_one_out,
    "lime": lime,
    "kernel_shap": kernel_shap,
    "ridge_shap": ridge_shap,
    "partition_shap": partition_shap,
    "random": random_scores,
}
