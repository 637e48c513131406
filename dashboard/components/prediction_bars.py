"""The labels with their probabilities."""

from core.records import Prediction
from dashboard import wording
from dashboard.components.assets import register

_bars = register("prediction_bars")
MOST = 6  # labels drawn; the explained one is always among them


def show(prediction: Prediction) -> None:
    """Draw the bars, most probable first, the explained class in bold."""
    _bars(data={"label": wording.PREDICTION_LABEL, "rows": bar_rows(prediction)}, key="prediction-bars")


def bar_rows(prediction: Prediction) -> list[dict]:
    """One row for each label drawn."""
    order = sorted(range(len(prediction.labels)), key=lambda c: -prediction.probabilities[c])
    drawn = order[:MOST]
    drawn += [c for c in (prediction.target, prediction.against) if c is not None and c not in drawn]
    return [
        {
            "name": prediction.labels[c],
            "probability": float(prediction.probabilities[c]),
            "percent": wording.percent(float(prediction.probabilities[c])),
            "explained": c == prediction.target,
        }
        for c in drawn
    ]
