"""Runs the model on a text of the gallery of failures (`embedded.failures`), and says in figures of this run what goes wrong."""

from collections.abc import Callable
from functools import partial

import numpy as np

from core.agreement import spearman_matrix
from core.calibration import name_layer
from core.cards import WALL
from core.combine import merge_tokens
from core.compare import add_sanity, compare
from core.comparison import Comparison
from core.embedded.failures import CONFIDENT_ERROR, DISAGREE, STOP_WORD, STOP_WORDS, SURVIVES, FailureText
from core.errors import MethodError
from core.lesson_records import Failure
from core.models import Classifier
from core.pipeline import analyse
from core.progress import Progress, silent
from core.records import LayerReport, Query

SURE = 0.9
"""Probability from which on an error is a confident one."""
UNLIKE = 0.2
"""Spearman's ρ below which two methods disagree on a text."""
LEAVE_ONE_OUT = "leave_one_out"


def show_failure(classifier: Classifier, case: FailureText, tell: Progress = silent) -> Failure:
    """What the model does on one text of the gallery, run now. Raises TextError, TargetError or MethodError."""
    query = Query(classifier.spec.name, case.text)
    report = analyse(classifier, query, partial(_tell_part, tell, 0.0, 0.2))
    return _SHOW[case.kind](classifier, case, report, partial(_tell_part, tell, 0.2, 1.0))


def _tell_part(tell: Progress, start: float, end: float, stage: str, share: float) -> None:
    tell(stage, start + min(share, 1.0) * (end - start))


def _show_error(_: Classifier, case: FailureText, report: LayerReport, __: Progress) -> Failure:
    top, share = _strongest(report)
    prediction = report.prediction
    said = prediction.labels[prediction.predicted]
    finding = (
        f"The model says “{said}” with {prediction.tell(prediction.predicted)}; a person reads “{case.label}”. "
        f"“{report.word_texts[top]}” has {share:.0%} of the saliency at {name_layer(report.choice.layer)}."
    )
    sure = float(prediction.outputs[prediction.predicted])
    return Failure(case, report.query, report, None, (top,), sure, finding, said != case.label and sure > SURE)


def _show_stop_word(classifier: Classifier, case: FailureText, report: LayerReport, tell: Progress) -> Failure:
    """Beside the saliency: what hiding the word does, which tells whether the model, too, goes by it."""
    top, share = _strongest(report)
    comparison = compare(classifier, report.query, (LEAVE_ONE_OUT,), tell=tell)
    (change,) = _rows(comparison, (LEAVE_ONE_OUT,))
    word, strongest = report.word_texts[top], int(change.argmax())
    other = f"; {_tell_hiding_too(report, strongest, change)}"
    finding = (
        f"“{word}” has {share:.0%} of the saliency at {name_layer(report.choice.layer)}, more than any other word. "
        f"{_tell_hiding(report, top, change)}{', and no other word does more.' if strongest == top else other}"
    )
    return Failure(case, report.query, report, comparison, (top,), share, finding, word.lower() in STOP_WORDS)


def _show_disagreement(classifier: Classifier, case: FailureText, report: LayerReport, tell: Progress) -> Failure:
    """Beside the two methods: what hiding their top words does, which tells whom to believe."""
    comparison = compare(classifier, report.query, (*case.methods, LEAVE_ONE_OUT), tell=tell)
    *rows, change = _rows(comparison, (*case.methods, LEAVE_ONE_OUT))
    likeness, tops = float(spearman_matrix(np.stack(rows))[0, 1]), tuple(int(row.argmax()) for row in rows)
    first, second = (f"“{WALL[name].label}” puts “{comparison.words[top]}” first" for name, top in zip(case.methods, tops))
    finding = (
        f"{first}, {second}; over all words their orders agree by {_signed(likeness)} "
        "(Spearman's ρ; 1: the same order, 0: no likeness). "
        f"{_tell_hiding(report, tops[0], change)}; {_tell_hiding_too(report, tops[1], change)}"
    )
    return Failure(case, report.query, report, comparison, tops, likeness, finding, tops[0] != tops[1] and likeness < UNLIKE)


def _show_survivor(classifier: Classifier, case: FailureText, report: LayerReport, tell: Progress) -> Failure:
    compared = compare(classifier, report.query, case.methods, tell=partial(_tell_part, tell, 0.0, 0.2))
    rows = _rows(compared, case.methods)
    comparison = add_sanity(classifier, compared, case.methods, partial(_tell_part, tell, 0.2, 1.0))
    survivor, other = case.methods
    checks = comparison.sanity
    finding = (
        f"“{WALL[survivor].label}”: with all of the model's weights made random, the order of the words is still like the true "
        f"one by {checks[survivor].likeness[-1]:.2f} (|Spearman's ρ|, mean of several random models; 1: the same order). "
        f"“{WALL[other].label}” on the same text: {checks[other].likeness[-1]:.2f}."
    )
    tops = tuple(int(row.argmax()) for row in rows)
    holds = checks[survivor].passes is False and checks[other].passes is True
    return Failure(case, report.query, report, comparison, tops, checks[survivor].likeness[-1], finding, holds)


_SHOW: dict[str, Callable[..., Failure]] = {
    CONFIDENT_ERROR: _show_error,
    STOP_WORD: _show_stop_word,
    DISAGREE: _show_disagreement,
    SURVIVES: _show_survivor,
}


def _strongest(report: LayerReport) -> tuple[int, float]:
    """The word with the highest score of the headline method at its layer, and its share of all words' |scores|."""
    scores = merge_tokens(report.maps[report.headline].at(report.choice.layer), report.tokens)
    top, total = int(scores.argmax()), float(np.abs(scores).sum())
    return top, float(abs(scores[top])) / total if total else 0.0


def _hidden(report: LayerReport, word: int, change: np.ndarray) -> float:
    """Probability of the class explained with one word hidden; change (W): p(text) − p(text without the word)."""
    return float(report.prediction.outputs[report.prediction.target] - change[word])


def _tell_hiding(report: LayerReport, word: int, change: np.ndarray) -> str:
    prediction = report.prediction
    return (
        f"Hidden alone, “{report.word_texts[word]}” takes “{prediction.labels[prediction.target]}” from "
        f"{prediction.tell(prediction.target)} to {_hidden(report, word, change):.1%}"
    )


def _tell_hiding_too(report: LayerReport, word: int, change: np.ndarray) -> str:
    return f"“{report.word_texts[word]}” hidden alone takes it to {_hidden(report, word, change):.1%}."


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _rows(comparison: Comparison, names: tuple[str, ...]) -> list[np.ndarray]:
    """(W) scores of each method. Raises MethodError with the reason for one that could not run."""
    for name in names:
        if name not in comparison.rows:
            raise MethodError(comparison.refusals[name])
    return [comparison.rows[name].scores for name in names]
