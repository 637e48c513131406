"""Token scores → word scores, and scales. numpy only."""

import numpy as np

from core.records import Tokens

RULES = {
    "sum": "A word's score is the sum of its pieces' scores.",
    "mean": "A word's score is the mean of its pieces' scores.",
    "max-abs": "A word's score is that of its strongest piece, sign kept.",
}


def merge_tokens(scores: np.ndarray, tokens: Tokens, rule: str = "sum") -> np.ndarray:
    """(…, T) token scores → (…, W) word scores; special tokens are left out. `rule` is one of RULES."""
    if rule not in RULES:
        raise ValueError(f"The rule “{rule}” is unknown; known rules are {', '.join(RULES)}.")
    n_words, content = len(tokens.word_spans), tokens.word_of >= 0
    words, values = tokens.word_of[content], np.moveaxis(scores[..., content], -1, 0)  # (n, …)
    merged = np.zeros((n_words, *scores.shape[:-1]), dtype=scores.dtype)
    if rule == "max-abs":
        np.maximum.at(merged, words, np.abs(values))
        lowest = np.zeros_like(merged)
        np.minimum.at(lowest, words, values)
        merged = np.where(-lowest >= merged, lowest, merged)
    else:
        np.add.at(merged, words, values)
    if rule == "mean":
        merged /= np.bincount(words, minlength=n_words).reshape(-1, *[1] * (scores.ndim - 1))
    return np.moveaxis(merged, 0, -1)


def normalise(scores: np.ndarray) -> np.ndarray:
    """Scores divided by the largest magnitude along the last axis, so that they lie in −1 … 1; all zeros stay zeros."""
    largest = np.abs(scores).max(axis=-1, keepdims=True, initial=0.0)
    return np.divide(scores, largest, out=np.zeros_like(scores, dtype=float), where=largest > 0)
