"""People's marks of the words of a text, as a cell of a file holds them."""

import json

import numpy as np

from core.errors import DataError
from core.labelled import match_labels, read_marks
from core.plausibility import marks_of_class, measure_plausibility
from core.words import WORD
from tests.fuzz.checks import REFUSED, refused_or

LABELS = ("negative", "positive")
STARTS = tuple(
    json.dumps(one).encode()
    for one in (
        ["a dull film", None, "1", [0, 1, 0]], ["a dull film", "fine", "negative", {"0": [0.1, -1, 2.5, 0], "positive": [0, 0, 0, 1]}],
        ["a dull film", None, "positive", [[1, 2], [0, 1, "a"]]], ["a dull film", None, "", [[{"start_token": 0, "end_token": 2}]]],
    )
)  # fmt: skip
is_json = True


def target(data: bytes) -> None:
    """[text, second text, label, marks]; of anything else only what parsing it says."""
    try:
        text, pair, label, written = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return
    if not isinstance(text, str) or not isinstance(pair, str | None) or not isinstance(label, str):
        return
    marks = refused_or(DataError, read_marks, text, pair, label, written)
    if marks is REFUSED:
        return
    assert all(len(scores) == len(marks.spans) and np.isfinite(scores).all() for scores in marks.scores.values())
    joined = text if pair is None else f"{text}\n\n{pair}"
    words = np.array([match.span() for match in WORD.finditer(joined) if not match.group().isspace()]).reshape(-1, 2)
    classes = match_labels([*marks.scores], LABELS)
    assert set(classes.values()) <= {0, 1}
    for target_class in range(len(LABELS)):
        found = marks_of_class(marks, classes, target_class, words)
        if found is not None:
            figures = measure_plausibility(np.arange(len(words), dtype=float), found)
            assert all(value is None or np.isfinite(value) for value in figures.values())
            assert all(
                -1e-9 <= figures[name] <= 1 + 1e-9
                for name in ("auprc", "auroc", "token_f1", "iou_f1")
                if figures[name] is not None
            )
