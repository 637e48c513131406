"""What the outputs of a classifier's head are: one of several classes, several at once, or a value; and whether it reads
one text or two. Read from the config alone. No torch.
"""

import itertools
import re
from typing import Any

from core.errors import ModelError, quoted
from core.model_spec import ModelSpec

SINGLE_LABEL = "single_label_classification"  # softmax: the shares of the classes add up to 1
MULTI_LABEL = "multi_label_classification"  # sigmoid: each label has a probability of its own
REGRESSION = "regression"  # no probability: the value is the answer, on the model's own scale
PROBLEM_TYPES = (SINGLE_LABEL, MULTI_LABEL, REGRESSION)  # transformers' own words

SCORE = "score"  # name of the one output of a regression that came without a name

# Names of relations between two texts, and of tasks and kinds of models that read two.
PAIR_LABELS = ("entail", "contradict", "duplicate", "equivalent", "paraphrase")
PAIR_TASKS = (
    "mnli", "snli", "anli", "xnli", "qnli", "wnli", "nli", "rte", "qqp", "mrpc", "stsb", "sts", "paws", "paraphrase", "similarity",
    "crossencoder", "reranker", "rerank", "reranking", "zeroshot", "msmarco",
)  # fmt: skip
DEFAULT_LABEL = re.compile(r"LABEL_\d+")  # what transformers calls classes that nobody named


def problem_type_of(config: Any) -> str:
    """One of PROBLEM_TYPES: what the config says, else a regression for one output, else one class of several."""
    said, n_outputs = config.problem_type, config.num_labels
    if said is not None and said not in PROBLEM_TYPES:
        raise ModelError(f"The model's problem_type is “{said}”; it must be one of {', '.join(PROBLEM_TYPES)}. Correct its config.json.")
    if said is None or said == SINGLE_LABEL:
        return REGRESSION if n_outputs == 1 else SINGLE_LABEL  # the softmax of one output is always 1: only its value says anything
    return said


def read_labels(config: Any) -> tuple[str, ...]:
    """(C) names of the outputs in the order of the logits. Raises ModelError where one is missing or stands twice."""
    n_outputs = config.num_labels
    if n_outputs < 1:
        raise ModelError("The model has no output. Give a model with at least one class.")
    labels = tuple(config.id2label.get(i) for i in range(n_outputs))
    if not all(isinstance(label, str) and label for label in labels) or len(set(labels)) < n_outputs:
        got = quoted(str(config.id2label), 120)  # which may hold thousands
        raise ModelError(f"The model's id2label is {got}; it must name each of its {n_outputs} classes, 0 to {n_outputs - 1}, once.")
    if n_outputs == 1 and problem_type_of(config) == REGRESSION and DEFAULT_LABEL.fullmatch(labels[0]):
        return (SCORE,)
    return labels


def expects_pair(config: Any, spec: ModelSpec) -> bool:
    """Whether the model was trained to read two texts at once; a guess unless `spec.pair` (bool or None) knows it.

    Tried in this order, the first that says anything decides: `spec.pair`; labels that name a relation between two texts
    (entailment, duplicate, …); the task that the config was fine-tuned for (`finetuning_task`, `task_specific_params`);
    the model's name (`spec.name`), in whose parts a task (mnli, qqp, …) or a kind of model (cross-encoder, reranker) may stand.
    """
    if spec.pair is not None:
        return spec.pair
    labels = (str(label).lower() for label in (config.id2label or {}).values())
    if any(word in label for label in labels for word in PAIR_LABELS):
        return True
    task = getattr(config, "finetuning_task", None)
    if isinstance(task, str) and task:
        return _names_pair(task)
    tasks = getattr(config, "task_specific_params", None)
    if isinstance(tasks, dict) and any(_names_pair(str(name)) for name in tasks):
        return True
    return _names_pair(spec.name)


def _names_pair(name: str) -> bool:
    """Whether a part of a name, or two neighbouring parts ("sts-b", "cross_encoder"), is one of PAIR_TASKS."""
    parts = re.findall(r"[a-z]+", name.lower())
    return any(part in PAIR_TASKS for part in (*parts, *(a + b for a, b in itertools.pairwise(parts))))
