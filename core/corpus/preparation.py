"""What is found out before the first row is analysed, and whether a run that goes on is still the same."""

from pathlib import Path
from typing import Any

from core.calibration import find_calibration
from core.corpus.analyse_chunk import headline_of
from core.corpus.batches import choose_budget
from core.corpus.readings import pads_safely
from core.corpus.records import RunPlan, RunSettings
from core.corpus.samples import draw_sample
from core.corpus.store import Manifest, RunError
from core.errors import DataError, quoted
from core.labelled import match_labels
from core.labels import REGRESSION, expects_pair, problem_type_of
from core.models import Classifier
from core.progress import Progress
from core.provenance import versions_of
from core.tables.format import Limits
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.texts import TextRow, read_texts

MOST_LABELS = 1000  # different labels from which on they name no classes
OFTEN = 10_000  # rows between two words of progress
PACKAGES = ("torch", "transformers", "numpy", "pyarrow")


def prepare(classifier: Classifier, source: Source, settings: RunSettings, limits: Limits, tell: Progress) -> Manifest:
    """Read the file once for its rows and labels, and try the model. DataError where they don't suit each other."""
    if settings.columns.text_pair is None and expects_pair(classifier.model.config, classifier.spec):
        raise DataError(
            f"{quoted(classifier.spec.name)} reads two texts at once, and one column was named. Name the second one too (--pair-column)."
        )
    tell("Reading the file", 0.0)
    fingerprint = source.fingerprint()
    n_rows, last, labels = _look_through(source, settings, limits, tell)
    kind = problem_type_of(classifier.model.config)
    is_named = kind != REGRESSION and 0 < len(labels) <= MOST_LABELS
    tell("Trying the model", 0.0)
    plan = RunPlan(
        settings=settings,
        token_budget=settings.token_budget or choose_budget(classifier),
        pads=pads_safely(classifier),
        classes=match_labels(sorted(labels), classifier.labels) if is_named else {},
        coherence_rows=frozenset(draw_sample(last, settings.coherence_sample, settings.seed)),
        faithfulness_rows=frozenset(draw_sample(last, settings.faithfulness_sample, settings.seed)),
    )
    return Manifest(
        plan=plan, n_rows=n_rows, file=source.name, fingerprint=fingerprint, **_of_model(classifier), labels=classifier.labels,
        problem_type=kind, layers=classifier.layers + 1, device=classifier.device, versions=versions_of(*PACKAGES),
    )  # fmt: skip


def _look_through(source: Source, settings: RunSettings, limits: Limits, tell: Progress) -> tuple[int, int, set[str]]:
    """Rows of the file, the number of the last, and the different labels (one more than MOST_LABELS at most)."""
    n_rows = last = n_usable = 0
    labels: set[str] = set()
    first = ""
    for row in read_texts(open_table(source, settings.format, limits), settings.columns):
        n_rows, last = n_rows + 1, row.number
        if isinstance(row, TextRow):
            n_usable += 1
            if row.label is not None and len(labels) <= MOST_LABELS:
                labels.add(row.label)
        elif not first:
            first = f" Row {row.number}: {row.reason}"
        if n_rows % OFTEN == 0:
            tell(f"Reading the file: {n_rows:,} rows", 0.0)
    if not n_usable:
        raise DataError(f"{quoted(source.name)} holds no row that can be used.{first or ' It is empty.'}")
    return n_rows, last, labels


def check_same(
    folder: Path, manifest: Manifest, classifier: Classifier, source: Source, settings: RunSettings | None, tell: Progress
) -> None:
    """RunError that names what differs where the run began with another file, model or settings."""
    tell("Reading the file", 0.0)
    differing = []
    if source.fingerprint() != manifest.fingerprint:
        differing.append(f"the file (it was {quoted(manifest.file)}, with other content)")
    differing += _differing_model(manifest, classifier)
    if settings is not None:
        before, now = manifest.plan.settings.as_dict(), settings.as_dict()
        differing += [f"{name} (it was {_tell(before[name])}, now {_tell(now[name])})" for name in before if before[name] != now[name]]
    _refuse(folder, differing)


def check_model(folder: Path, manifest: Manifest, classifier: Classifier) -> None:
    """RunError that names what differs where the run was made with another model."""
    _refuse(folder, _differing_model(manifest, classifier))


def _differing_model(manifest: Manifest, classifier: Classifier) -> list[str]:
    found = ((name, getattr(manifest, name), got) for name, got in _of_model(classifier).items())
    return [f"{_SAID[name]} (it was {_tell(was)}, now {_tell(got)})" for name, was, got in found if got != was]


def _refuse(folder: Path, differing: list[str]) -> None:
    if differing:
        raise RunError(
            f"The run in {quoted(str(folder))} began with something else: {'; '.join(differing)}. "
            "Give what it began with, or start anew in another folder."
        )


_SAID = {
    "model": "the model",
    "revision": "the revision of the model's weights",
    "head": "the language-model head",
    "dtype": "the precision",
    "calibrated": "the layer that a calibration recommends",
}


def _of_model(classifier: Classifier) -> dict[str, Any]:
    """Everything of the model that results depend on; the device apart, which only changes how they round."""
    calibration, _ = find_calibration(classifier.calibrations, headline_of(classifier), False)
    return {
        "model": classifier.spec.name, "revision": classifier.revision, "head": classifier.lm_source, "dtype": classifier.dtype,
        "calibrated": None if calibration is None else calibration.layer,
    }  # fmt: skip


def _tell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_tell(part)}" for name, part in value.items() if part is not None)
    return "none" if value is None or value == "" else quoted(str(value))
