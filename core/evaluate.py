"""Every method on many labelled texts, with progress, and with resume after an interruption; what is measured is in `measure`.

The predicted class is explained, as on the page, not the label that the file gives.
"""

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from core.baselines import RUNS, run_method
from core.comparison import FRACTIONS
from core.errors import DataError, MethodError, quoted
from core.labelled import LabelledFile, LabelledText, match_labels
from core.labels import expects_pair
from core.measure import OPERATOR, Plan, measure_text
from core.models import Classifier
from core.partial_results import PartialResults
from core.progress import Progress
from core.provenance import versions_of
from core.tally import tally

NOTE = (
    "The predicted class is explained. Explanations are computed once, with [MASK] as the operator of the methods that hide words; "
    "the games are played under each way of hiding words. φ = mean p(class) with only the top words shown − mean p(class) with them "
    "hidden; higher is better. Seconds are multiples of one forward and backward pass, medians over texts. φ by layer and by magnitude: "
    "under the first way of hiding alone."
)


def plan_methods(names: tuple[str, ...], removals: tuple[str, ...] = (OPERATOR,), series: int = 1) -> Plan:
    """The plan for methods of the wall. Raises MethodError for one that doesn't exist."""
    for name in names:
        if name not in RUNS:
            raise MethodError(f"There is no method “{name}”. Known methods: {', '.join(RUNS)}.")
    return Plan({name: partial(run_method, name=name) for name in names}, removals, series)


def evaluate(
    classifier: Classifier, data: LabelledFile, plan: Plan, n: int, seed: int, target: Path, tell: Progress, reference: str | None = None,
    max_words: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure n texts of the file, drawn with the seed, and write `target`; what was measured before an interruption is kept.
    Raises DataError for a file that doesn't suit the model."""
    _check_pairs(classifier, data)
    classes, unusable = match_labels(data.every_label, classifier.labels), dict(data.unusable)
    unusable |= {text.row: _unknown_label(text, classifier) for text in data.texts if text.label not in classes}
    texts = [text for text in data.draw(len(data.texts), seed) if text.label in classes]
    if not texts:
        raise DataError(f"No text can be used: {unusable[min(unusable)]}")
    texts = [text for text in texts if max_words is None or text.n_between_spaces <= max_words][:n]
    if not texts:
        raise DataError(f"No text has {max_words} words or fewer. Give a larger --max-words.")
    question = {
        "data": data.fingerprint, "model": classifier.spec.name, "revision": classifier.revision, "head": classifier.lm_source,
        "methods": list(plan.runs), "removals": list(plan.removals), "series": plan.series, "seed": seed, "max_words": max_words,
    }  # fmt: skip
    kept = PartialResults(target.with_name(target.name + ".partial"), question)
    start, before = time.monotonic(), len(kept.records)
    for i, text in enumerate(texts[before:], before):
        stage = f"Text {i + 1} of {len(texts)}{_time_left(time.monotonic() - start, i - before, len(texts) - i)}"
        kept.add(measure_text(classifier, text, classes, plan, _at(tell, stage, i / len(texts))))
    records = kept.records[: len(texts)]
    summary = _settings(classifier, data, unusable, question | {"n": len(texts), "classes": _class_names(classes, classifier)}) | tally(records, reference)
    target.write_text(json.dumps(summary | {"records": records}, allow_nan=False, indent=1, ensure_ascii=False), encoding="utf-8")
    kept.remove()
    return summary


def _check_pairs(classifier: Classifier, data: LabelledFile) -> None:
    """DataError where the model reads two texts and the file gives one: it would answer all the same, to another question."""
    if expects_pair(classifier.model.config, classifier.spec) and any(text.pair is None for text in data.texts):
        raise DataError(
            f"{quoted(classifier.spec.name)} reads two texts at once, and {quoted(data.path.name)} was read for one. "
            "Name the column of the second text with --pair-column."
        )


def _at(tell: Progress, stage: str, share: float) -> Progress:
    """Whatever a method says, the text that is measured is told."""
    tell(stage, share)
    return lambda _, __: tell(stage, share)


def _time_left(seconds: float, done: int, left: int) -> str:
    return f", about {seconds / done * left / 60:.0f} min left" if done else ""


def _class_names(classes: dict[str, int], classifier: Classifier) -> dict[str, str]:
    """Label of the file → name of the class that it is taken for."""
    return {label: classifier.labels[index] for label, index in classes.items()}


def _unknown_label(text: LabelledText, classifier: Classifier) -> str:
    last = len(classifier.labels)
    return (
        f"Its label {quoted(text.label)} is none of the model's: {', '.join(map(quoted, classifier.labels[:12]))}. "
        f"Labels may be names, or their numbers from 0 to {last - 1} or from 1 to {last}."
    )


def _settings(classifier: Classifier, data: LabelledFile, unusable: dict[int, str], question: dict[str, Any]) -> dict[str, Any]:
    versions = versions_of("torch", "transformers", "numpy")
    made = {"file": data.path.name, "fractions": list(FRACTIONS), "device": classifier.device, "dtype": classifier.dtype}
    rows = {str(row): unusable[row] for row in sorted(unusable)}
    return {"note": NOTE, "settings": question | made, "versions": versions, "unusable_rows": rows}
