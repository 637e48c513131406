"""What the classifier says over all windows, and which of its outputs is explained, for the three kinds of heads
(`labels.PROBLEM_TYPES`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import TargetError
from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL, problem_type_of
from core.models import Classifier
from core.prediction import Prediction
from core.records import Query
from core.trace import LayerTrace, predict_logits

OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {
    SINGLE_LABEL: lambda logits: logits.softmax(-1),
    MULTI_LABEL: Tensor.sigmoid,
    REGRESSION: lambda logits: logits,
}
"""Problem type → what the logits (…, C) of its head say."""


def resolve_classes(classifier: Classifier, query: Query, windows: list[Any]) -> tuple[int | None, int | None]:
    """Indices of the target and of the class against it. The target stays None where the one forward pass will tell;
    several windows need a forward pass each to agree on it first. A regression chooses none: its first output is the target.

    Raises TargetError for a label that the model doesn't have, and for a contrast where there is one output.
    """
    target, against = (None if label is None else _class_index(classifier, label) for label in (query.target, query.against))
    if against is not None and len(classifier.labels) == 1:
        raise TargetError(f"The model has one output, “{classifier.labels[0]}”, so there is nothing to contrast it with. Explain it alone.")
    if target is None and is_regression(classifier):
        target = 0
    if target is None and len(windows) > 1:
        target = int(_pool_logits([predict_logits(classifier, window) for window in windows], windows).argmax())
    return target, against


def _class_index(classifier: Classifier, label: str) -> int:
    if label not in classifier.labels:
        raise TargetError(f"The model has no class “{label}”. Its classes are: {', '.join(classifier.labels)}.")
    return classifier.labels.index(label)


def _pool_logits(logits: list[Tensor], windows: list[Any]) -> Tensor:
    """(C) mean over windows, each counted by its content tokens."""
    weights = torch.stack([window.is_content.sum() for window in windows]).float()
    return (torch.cat(logits).float() * weights[:, None]).sum(0) / weights.sum()


def predict(classifier: Classifier, query: Query, traces: list[LayerTrace], target: int | None, against: int | None) -> Prediction:
    """The answer to the whole text, pooled over its windows. Raises TargetError where target and contrast are the same."""
    logits = _pool_logits([trace.logits for trace in traces], [trace.batch for trace in traces])
    problem_type, labels = problem_type_of(classifier.model.config), classifier.labels
    target = int(logits.argmax()) if target is None else target
    if target == against:
        unasked = "the output explained" if problem_type == REGRESSION else "the predicted class"
        role = "the class to explain" if query.target else unasked
        raise TargetError(f"“{labels[target]}” is both {role} and the class contrasted with. Choose two different classes.")
    outputs = OUTPUTS[problem_type](logits)
    return Prediction(labels, to_array(outputs), to_array(logits), target, against, problem_type)


def stop_early(classifier: Classifier, traces: list[LayerTrace]) -> np.ndarray:
    """(L, C) the outputs if the classifier's own head read each state."""
    say = OUTPUTS[problem_type_of(classifier.model.config)]
    last, windows = len(traces[0].hidden) - 1, [trace.batch for trace in traces]
    rows = []
    with torch.no_grad():
        for layer in range(last + 1):
            heads = [classifier.head.logits(t.hidden[layer], t.batch.input_ids, t.batch.attention_mask, layer == last) for t in traces]
            rows.append(say(_pool_logits(heads, windows)))
    return to_array(torch.stack(rows))


def is_regression(classifier: Classifier) -> bool:
    """Whether the outputs are values on the model's own scale."""
    return problem_type_of(classifier.model.config) == REGRESSION


def to_array(values: Tensor) -> np.ndarray:
    """fp32 whatever the model computes in: numpy knows no bf16."""
    return values.float().cpu().numpy()
