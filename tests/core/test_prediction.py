"""The three kinds of answers as a record."""

import numpy as np
import pytest

from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from core.prediction import Prediction

LABELS = ("a", "b", "c")


def predict(outputs, problem_type: str = SINGLE_LABEL, labels: tuple[str, ...] = LABELS, **fields) -> Prediction:
    return Prediction(labels, np.array(outputs), np.array(outputs), fields.pop("target", 0), problem_type=problem_type, **fields)


@pytest.mark.parametrize(
    "problem_type, outputs, said",
    [
        (SINGLE_LABEL, [0.2, 0.7, 0.1], (1,)),
        (SINGLE_LABEL, [0.4, 0.35, 0.25], (0,)),
        (MULTI_LABEL, [0.6, 0.1, 0.9], (2, 0)),
        (MULTI_LABEL, [0.1, 0.3, 0.2], (1,)),
        (MULTI_LABEL, [0.5, 0.2, 0.1], (0,)),
        (REGRESSION, [-3.0, 7.0, 1.0], (0, 1, 2)),
    ],
)
def test_what_it_says_of_the_text(problem_type, outputs, said):
    assert predict(outputs, problem_type).said == said


def test_values_are_no_probabilities():
    """And no choice is made among them."""
    prediction = predict([-3.14159, 7.0, 1.0], REGRESSION)
    assert not prediction.is_probability and prediction.predicted == 0 and prediction.sides == ("lowers", "raises")
    assert [prediction.tell(i) for i in range(3)] == ["-3.142", "7", "1"]
    assert predict([0.21, 0.7, 0.09]).tell(1) == "70.0%" and predict([0.21, 0.7, 0.09]).sides == ("against", "for")


@pytest.mark.parametrize(
    "fields, said",
    [
        (dict(outputs=[0.5, 0.5]), "shape"),
        (dict(outputs=[0.2, 0.3, 0.5], problem_type="ranking"), "ranking"),
        (dict(outputs=[0.2, 0.3, 0.5], target=3), "target is 3"),
        (dict(outputs=[0.2, 0.3, 0.5], target=None), "target is None"),
        (dict(outputs=[0.2, 0.3, 0.5], against=-1), "against is -1"),
    ],
)
def test_what_does_not_fit_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        predict(fields.pop("outputs"), **fields)
