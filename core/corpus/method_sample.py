"""The methods of the Compare page on a sample of a run's rows: one after the other, stopped anywhere, gone on with later.

Each row explains its predicted class, and the games hide words by [MASK], as in `core.evaluate`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.baselines import run_method
from core.cards import CHEAP, run_at_once
from core.corpus.method_table import FLOOR, PARTIAL, MethodTable, write_methods
from core.corpus.preparation import check_model
from core.corpus.records import RowResult
from core.corpus.samples import draw_sample
from core.corpus.store import Manifest, RunError, chunks_done, locked, read_chunk, read_columns, read_manifest
from core.devices import is_out_of_memory, release_memory
from core.errors import DataError
from core.evaluate import plan_methods
from core.labelled import LabelledText
from core.measure import OPERATOR, Plan, measure_text
from core.memory import without_locals
from core.models import Classifier
from core.partial_results import PartialResults
from core.progress import Progress, silent
from core.records import Settings
from core.tally import tally

NO_MEMORY = "Memory ran out on this text."
SAMPLE = 20
"""Rows of a sample, where nobody says how many."""


def measure_methods(
    folder: Path, classifier: Classifier, n: int = SAMPLE, methods: tuple[str, ...] | None = None, tell: Progress = silent
) -> MethodTable:
    """Measure the methods (None: the cheap ones) on n rows of the finished run in the folder, and write methods.json. What was
    measured before `tell` raised, or anything else stopped it, is kept; the same question goes on there.

    `tell` is called between methods, where nothing is timed. RunError for a run that isn't finished or was made with another
    model, MethodError for a method that doesn't exist.
    """
    if methods is not None:
        plan_methods(methods)  # a name that nobody knows is told before anything is read
    manifest = read_manifest(folder)
    check_model(folder, manifest, classifier)
    with locked(folder):
        rows = sample_rows(folder, manifest, n)
        names, left_out = _names(rows) if methods is None else (tuple(dict.fromkeys((*methods, FLOOR))), [])
        kept = _partial(folder, manifest, names)
        plan = _plan(names, manifest)
        for at, row in enumerate(rows[len(kept.records) :], len(kept.records)):
            kept.add(_measure(classifier, row, plan, _at(tell, at, len(rows))))
        table = _table(classifier, manifest, rows, left_out, kept.records[: len(rows)])
        write_methods(folder, table)
        kept.remove()
    return table


def sample_rows(folder: Path, manifest: Manifest, n: int) -> list[RowResult]:
    """n of the rows that could be used, or all if there are fewer, in the order in which the run's seed draws them; a smaller
    sample is the beginning of a larger one. RunError where there is none, or the run isn't finished."""
    if n < 1:
        raise RunError(f"The sample holds {n} rows; it must hold at least 1.")
    done = chunks_done(folder)
    if len(done) < manifest.n_chunks:
        raise RunError("The run isn't finished. Go on with it (--resume); then its methods can be compared.")
    usable = [(index, number) for index in done for number in _usable_in(folder, index)]
    if not usable:
        raise RunError("The run has no row that could be used, so there is nothing to compare methods on.")
    drawn = [usable[place - 1] for place in draw_sample(len(usable), n, manifest.plan.settings.seed)]
    found: dict[int, RowResult] = {}
    for index in sorted({index for index, _ in drawn}):
        wanted = {number for chunk, number in drawn if chunk == index}
        used = (row for row in read_chunk(folder, index, manifest).rows if isinstance(row, RowResult))
        found |= {row.number: row for row in used if row.number in wanted}
    return [found[number] for _, number in drawn]


def _usable_in(folder: Path, index: int) -> Iterator[int]:
    """Numbers of the usable rows of a chunk, without reading the rest of it."""
    columns = read_columns(folder, index, ("number", "refused")).to_pydict()
    return (number for number, refused in zip(columns["number"], columns["refused"]) if refused is None)


def _names(rows: list[RowResult]) -> tuple[tuple[str, ...], list[str]]:
    """The cheap methods, and those of them that are left out: all serve the same texts, and on long ones two are dear."""
    names = run_at_once(max(len(row.word_spans) for row in rows))
    return names, [name for name in CHEAP if name not in names]


def _partial(folder: Path, manifest: Manifest, names: tuple[str, ...]) -> PartialResults:
    """What is kept of the same question; of another one, nothing."""
    question = {
        "fingerprint": manifest.fingerprint,
        "revision": manifest.revision,
        "methods": list(names),
        "seed": manifest.plan.settings.seed,
    }
    try:
        return PartialResults(folder / PARTIAL, question)
    except DataError:
        (folder / PARTIAL).unlink(missing_ok=True)
        return PartialResults(folder / PARTIAL, question)


def _plan(names: tuple[str, ...], manifest: Manifest) -> Plan:
    asked = manifest.plan.settings
    read = Settings(max_windows=asked.max_windows, overlap=asked.overlap)
    return Plan({name: _quietly(name) for name in names}, settings=read, in_depth=False)


def _quietly(name: str) -> Callable[[Any], Any]:
    """A run of a method that tells nobody: whoever is told may let others in, and their time would count as the method's."""

    def run(case: Any) -> Any:
        case.tell = silent
        return run_method(case, name)

    return run


def _measure(classifier: Classifier, row: RowResult, plan: Plan, tell: Progress) -> dict[str, Any]:
    text = LabelledText(row.number, row.text, row.predicted, pair=row.text_pair)  # its label is not looked at
    classes = {name: index for index, name in enumerate(classifier.labels)}
    try:
        return measure_text(classifier, text, classes, plan, tell)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        without_locals(error)
    release_memory(classifier.device)
    return {"row": row.number, "label": row.predicted, "unusable": NO_MEMORY}


def _at(tell: Progress, at: int, total: int) -> Progress:
    """Whatever is told, the row is named."""
    tell(f"Row {at + 1} of {total}", at / total)
    return lambda stage, _: tell(f"Row {at + 1} of {total} · {stage}" if stage else f"Row {at + 1} of {total}", at / total)


def _table(
    classifier: Classifier, manifest: Manifest, rows: list[RowResult], left_out: list[str], records: list[dict[str, Any]]
) -> MethodTable:
    found = tally(records)
    made = {name: getattr(manifest, name) for name in ("model", "revision", "head", "dtype")} | {"device": classifier.device}
    parts = {name: found[name] for name in ("texts", "unusable", "pass_seconds", "methods")}
    return MethodTable([row.number for row in rows], manifest.plan.settings.seed, OPERATOR, left_out=left_out, made=made, **parts)
