"""Whether a summary that was read back holds together: sizes by layer, and what stands in its lists. No torch."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.report_check import require

if TYPE_CHECKING:
    from core.corpus.summary import Summary

CURVES = ("content_share", "coherence", "log_probability", "faithfulness", "plausibility_by_layer")
WORD = {"word", "texts", "low", "high"}
"""What is said of a word in every ranking, besides its mean or what became of it."""
RANKED, CHANGING = WORD | {"mean"}, WORD | {"early", "late", "change"}
MISLEADING = RANKED | {"right_texts", "right_mean"}


def check_sizes(summary: Summary) -> None:
    """ValueError where parts of a summary don't go together; their types are checked elsewhere (`core.report_check`)."""
    n = summary.n_layers
    require(0 <= summary.layer < n, f"layer {summary.layer} of {n}")
    for name in CURVES:
        sizes = {len(values) for values in (getattr(summary, name) or {}).values() if isinstance(values, list)}
        require(sizes <= {n}, f"{name} has {sorted(sizes)} values; {n} are expected")
    for label, by_layer in summary.words.items():
        require(len(by_layer) == n, f"the words of {label} have {len(by_layer)} layers; {n} are expected")
        _check_words((word for ranked in by_layer for word in ranked), RANKED)
    for words, keys in ((summary.changing, CHANGING), (summary.misleading, MISLEADING)):
        _check_words((word for ranked in words.values() for word in ranked), keys)
    require(summary.words.keys() == summary.predicted.keys(), "words of other classes than those that rows were predicted as")
    _check_lists("layers", summary.layers, (int, int))
    _check_lists("confusion", summary.confusion, (str, str, int))
    _check_lists("refusals", summary.refusals, (int, str))


def _check_words(words: Iterable[dict[str, Any]], keys: set[str]) -> None:
    for word in words:
        require(keys <= word.keys(), f"of a word it says {sorted(word)}; {sorted(keys)} are expected")
        numbers = [value for name, value in word.items() if name != "word" and (name, value) != ("right_mean", None)]
        are_numbers = all(type(value) in (int, float) and abs(value) <= sys.float_info.max for value in numbers)
        require(isinstance(word["word"], str) and are_numbers, "figures of a word that are none")


def _check_lists(name: str, rows: list[list[Any]], kinds: tuple[type, ...]) -> None:
    for row in rows:
        require([type(value) for value in row] == list(kinds), f"{name} has {row}; {[kind.__name__ for kind in kinds]} is expected")
