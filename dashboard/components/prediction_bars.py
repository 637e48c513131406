"""What the classifier said: shares as bars, the values of a regression as figures."""

from core.prediction import Prediction
from dashboard import wording
from dashboard.answers import ANSWERS
from dashboard.components.assets import register

_bars = register("prediction_bars")
MOST = 6  # labels drawn; the explained ones are always among them


def show(prediction: Prediction) -> None:
    """Draw a line for each label, the explained one in bold."""
    words = ANSWERS[prediction.problem_type]
    _bars(data={"label": words.prediction, "note": words.note, "rows": bar_rows(prediction)}, key="prediction-bars")


def bar_rows(prediction: Prediction) -> list[dict]:
    """One row for each label drawn: shares in falling order with the length of their bar; values in the model's order, without."""
    order = range(len(prediction.labels))
    if prediction.is_probability:
        order = sorted(order, key=lambda c: -prediction.outputs[c])
    drawn = list(order[:MOST])
    drawn += [c for c in (prediction.target, prediction.against) if c is not None and c not in drawn]
    return [
        {
            "name": prediction.labels[c],
            "share": float(prediction.outputs[c]) if prediction.is_probability else None,
            "figure": wording.output(prediction, c),
            "explained": c == prediction.target,
        }
        for c in drawn
    ]
