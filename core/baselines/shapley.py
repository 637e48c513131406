"""Shapley and Owen values of words, given a function that says what the model makes of a text with only some words kept.

KernelSHAP is our own numpy: a weighted regression under the constraint that the scores add up to v(text) − v(no words).
Owen values come from the package `shap`, whose import takes seconds and is put off until they are asked for.
"""

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

Ask = Callable[[np.ndarray], np.ndarray]
"""keep (n, W) bool → (n) values."""
OWEN_BATCH = 10  # shap's own: what comes next is chosen by the answers so far, so larger batches choose less well


def every_mask(n_words: int) -> np.ndarray:
    """(2^W, W) bool, all ways to keep some of the words; the first keeps none, the last all."""
    return (np.arange(2**n_words)[:, None] >> np.arange(n_words)) % 2 == 1


def shapley_masks(n_words: int, samples: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(n, W) bool and (n) weights: at most `samples` masks without the empty and the full one; every one of them where
    they are as few as that.

    The Shapley kernel gives all masks of k words together the weight (W − 1) / (k (W − k)). From both ends inward, sizes k and
    W − k are taken whole while that needs no more than their share of the samples; of the other sizes masks are drawn, each
    with its opposite (Lundberg & Lee 2017, arXiv 1705.07874, as in shap's KernelExplainer; Covert & Lee 2021, arXiv 2012.01536).
    """
    if 2**n_words - 2 <= samples:
        masks = every_mask(n_words)[1:-1]
        kept = masks.sum(1)
        return masks, np.array([(n_words - 1) / (k * (n_words - k) * comb(n_words, k)) for k in kept.tolist()])
    sizes = np.arange(1, n_words // 2 + 1)
    shares = (n_words - 1) / (sizes * (n_words - sizes)) * np.where(sizes * 2 == n_words, 1, 2)  # of sizes k and W − k together
    weight_of: dict[bytes, float] = {}
    whole = 0
    for k, share in zip(sizes.tolist(), shares):
        n_masks = comb(n_words, k) * (1 if k * 2 == n_words else 2)
        if n_masks > (samples - len(weight_of)) * share / shares[whole:].sum() + 1e-9:
            break
        weight_of |= dict.fromkeys(_all_of_size(n_words, k), share / n_masks)
        whole += 1
    weight_of |= _drawn(n_words, sizes[whole:], shares[whole:], samples - len(weight_of), draw)
    masks = np.frombuffer(b"".join(weight_of), dtype=bool).reshape(-1, n_words)
    return masks, np.array(list(weight_of.values()))


def _all_of_size(n_words: int, k: int) -> set[bytes]:
    """Every mask that keeps k or W − k words."""
    masks = np.zeros((comb(n_words, k), n_words), dtype=bool)
    for mask, kept in zip(masks, combinations(range(n_words), k)):
        mask[list(kept)] = True
    return {row.tobytes() for row in (*masks, *~masks)}


def _drawn(n_words: int, sizes: np.ndarray, shares: np.ndarray, samples: int, draw: np.random.Generator) -> dict[bytes, float]:
    """At most `samples` masks of these sizes or their opposites, by their shares; a mask drawn again counts again."""
    times: dict[bytes, int] = {}
    for _ in range(4 * samples if len(sizes) else 0):  # most draws are new; where few are left, the end of patience
        mask = np.zeros(n_words, dtype=bool)
        mask[draw.permutation(n_words)[: draw.choice(sizes, p=shares / shares.sum())]] = True
        pair = mask.tobytes(), (~mask).tobytes()
        if len(times) + sum(key not in times for key in pair) > samples:
            break
        for key in pair:
            times[key] = times.get(key, 0) + 1
    total = sum(times.values())
    return {key: count / total * shares.sum() for key, count in times.items()}


def fit_shapley(masks: np.ndarray, values: np.ndarray, weights: np.ndarray, empty: float, whole: float) -> np.ndarray:
    """(W) scores φ that minimise Σ_n weights_n (values_n − empty − Σ_{i kept} φ_i)² and add up to whole − empty.

    With φ = (whole − empty)/W + ψ, Σψ = 0, what is left is a plain regression on rows whose mean is taken off; where there are
    fewer masks than words the shortest ψ is taken, which favours no word.
    """
    n_words = masks.shape[1]
    mean = (whole - empty) / n_words
    rows = masks - masks.mean(1, keepdims=True)
    root = np.sqrt(weights)
    psi, *_ = np.linalg.lstsq(rows * root[:, None], (values - empty - mean * masks.sum(1)) * root, rcond=None)
    return mean + psi


def cluster_words(texts: list[list[tuple[str, bool]]]) -> np.ndarray:
    """(W − 1, 4) a tree over the words of one or two texts, in scipy's linkage format, as shap's Text masker makes one of tokens:
    clauses stay together, brackets and commas and full stops part them. A word comes with whether it follows the one before
    without a space. Two texts meet at the root."""
    from shap.maskers._text import partition_tree  # takes seconds

    nodes: list[Any] = []
    n_words, roots, first = sum(map(len, texts)), [], 0
    for words in texts:
        tree = partition_tree(["##" + word if glued else word for word, glued in words], []) if len(words) > 1 else np.zeros((0, 4))
        children = tree[:, :2]  # leaves, then the nodes of this tree → leaves of all texts, then the nodes of all trees
        tree[:, :2] = np.where(children < len(words), children + first, children - len(words) + n_words + len(nodes))
        nodes += list(tree)
        roots.append(n_words + len(nodes) - 1 if len(tree) else first)
        first += len(words)
    nodes += [np.array([*roots, 0.0, n_words])] if len(texts) > 1 else []
    tree = np.array(nodes)
    tree[:, 2] = tree[:, 3] / n_words  # sizes, as shap does: none is negative, which would mean “never split”
    return tree


def owen_values(ask: Ask, tree: np.ndarray, budget: int) -> tuple[np.ndarray, int]:
    """(W) Owen values along the tree (W − 1, 4), and the rows that were asked for: at most `budget`, the largest effects
    first; a group that is not taken apart before the budget ends is divided evenly among its words."""
    from shap import PartitionExplainer

    explainer = PartitionExplainer(lambda keep: ask(keep.astype(bool)), _Hide(tree))
    even = budget - budget % 2  # both ends, then two at a time: shap would go one beyond an odd budget
    found = explainer(np.zeros((1, len(tree) + 1)), max_evals=even, batch_size=OWEN_BATCH, silent=True)
    return found.values[0], explainer.last_eval_count + 2  # and both ends


def rows_of(tree: np.ndarray) -> int:
    """The rows that `owen_values` asks for where no budget ends it: both ends, and two for each group in each of its contexts,
    of which there are twice as many at every level down. Fewer were asked for: it was cut short."""
    rows = [0] * (len(tree) + 1)  # of each leaf, then of each group; a leaf needs none
    for left, right, *_ in tree:
        rows.append(2 + 2 * (rows[int(left)] + rows[int(right)]))
    return 2 + rows[-1]


class _Hide:
    """What shap calls a masker: here the mask itself stands for the masked text."""

    immutable_outputs = True

    def __init__(self, tree: np.ndarray):
        self.clustering, self.shape = tree, (1, len(tree) + 1)

    def __call__(self, keep: np.ndarray, _: object) -> tuple[np.ndarray]:
        return (keep[None].copy(),)
