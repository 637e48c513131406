"""What faithful means, to be tried by hand: a slider hides the top words, and the answer falls or does not.

All answers come at once, so that moving the slider asks for nothing.
"""

import math

import numpy as np

from core.comparison import Comparison, HidingSteps
from core.labels import SINGLE_LABEL
from core.markup import visible
from dashboard import compare_wording, figure_wording, wording
from dashboard.components.assets import register
from dashboard.ranking import FLOOR
from dashboard.units import Units, text_pieces

_slider = register("hide_slider")
MOST_LABELS = 4  # drawn as bars; the explained one is always among them
START = 0.2  # share of the words that is hidden at first


def show(
    comparison: Comparison, method: str, steps: HidingSteps, floor: HidingSteps | None = None, key: str = "hide-slider"
) -> None:
    """Draw it for a method of the comparison; `floor` is the same with the words in random order."""
    _slider(data=slider_data(comparison, method, steps, floor), key=key)


def slider_data(comparison: Comparison, method: str, steps: HidingSteps, floor: HidingSteps | None = None) -> dict:
    """What the component draws: the text, the order of hiding, and for each number of hidden words what the model says."""
    prediction, n_words, most = comparison.prediction, len(comparison.word_spans), len(steps.order)
    label = prediction.labels[prediction.target]
    names = (wording.FIRST_TEXT, wording.SECOND_TEXT) if comparison.query.text_pair is not None else ()
    return {
        "title": figure_wording.SLIDER_TITLE,
        "subtitle": f"in the order of “{comparison.rows[method].card.label}”",
        "question": f"{hash((comparison.query, comparison.removal))}",
        "slider": figure_wording.SLIDER_LABEL,
        "pieces": text_pieces(comparison.query, _units(comparison)),
        "names": names,
        "order": steps.order.tolist(),
        "start": min(most, max(1, math.ceil(START * n_words))),
        "chip": compare_wording.REMOVAL_NAMES[comparison.removal],
        "is_left_out": comparison.removal == "delete",
        "counts": [figure_wording.hidden_words(k, n_words) for k in range(most + 1)],
        "lines": _lines(comparison, label, method, steps, floor),
        "flips": _flips(comparison, steps),
        "bars": _bars(comparison, steps),
        "note": figure_wording.slider_note(most, n_words, prediction.is_probability),
    }


def _units(comparison: Comparison) -> Units:
    """The words as the page cuts the text into them; they have no scores here."""
    n, begins = len(comparison.word_spans), comparison.query.text_spans[-1][0]
    return Units(
        texts=tuple(map(visible, comparison.words)),
        spans=comparison.word_spans,
        tokens=((),) * n,
        is_special=np.zeros(n, dtype=bool),
        parts=((comparison.word_spans[:, 0] >= begins) & (begins > 0)).astype(int),
        scores=np.zeros((1, n)),
    )


def _lines(comparison: Comparison, label: str, method: str, steps: HidingSteps, floor: HidingSteps | None) -> list[dict]:
    """One line for the method and one for the floor: for each k, what the model says now and how far that is from before."""
    prediction = comparison.prediction
    drawn = [(comparison.rows[method].card.label, steps)]
    if floor is not None and method != FLOOR:
        drawn.append((comparison.rows[FLOOR].card.label, floor))
    return [
        {
            "name": name,
            "label": label,
            "before": figure_wording.told(prediction, one.says[0]),
            "after": [figure_wording.told(prediction, says) for says in one.says],
            "change": [figure_wording.change(prediction, one.says[0], says) for says in one.says],
        }
        for name, one in drawn
    ]


def _flips(comparison: Comparison, steps: HidingSteps) -> list[str]:
    """(K + 1) a sentence where another class is the most probable one than at first; else empty."""
    if comparison.prediction.problem_type != SINGLE_LABEL:
        return [""] * len(steps.outputs)
    best = steps.outputs.argmax(1)
    return ["" if now == best[0] else figure_wording.flipped(comparison.prediction.labels[now]) for now in best]


def _bars(comparison: Comparison, steps: HidingSteps) -> list[dict]:
    """A bar for each label: its share before, and for each k; none for the values of a regression."""
    prediction = comparison.prediction
    if not prediction.is_probability:
        return []
    most = np.argsort(-steps.outputs.max(0), kind="stable")
    drawn = sorted({prediction.target, *most[: MOST_LABELS - 1].tolist()}, key=lambda c: -steps.outputs[0, c])
    return [
        {
            "name": visible(prediction.labels[c]),
            "explained": c == prediction.target,
            "shares": [round(float(share), 4) for share in steps.outputs[:, c]],
            "figures": [figure_wording.told(prediction, share) for share in steps.outputs[:, c]],
        }
        for c in drawn
    ]
