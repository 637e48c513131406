"""What the program itself saved and somebody changed: calibrations, and all JSON in the folder of a run."""

import dataclasses
import json
from functools import cache
from pathlib import Path

from core.calibration import Calibration, from_json, to_json
from core.corpus.method_table import METHODS, SCHEMA, MethodTable, read_methods
from core.corpus.store import MANIFEST, SUMMARY, RunError, read_manifest, write_manifest
from core.corpus.summary import Summary
from core.errors import DataError, ReportError, SaliencyError
from core.head_source import base_names
from core.partial_results import PartialResults
from core.report.run_folder import report_of_run
from dashboard.run_folders import SCHEMA as JOB_SCHEMA
from dashboard.run_folders import RunFolder, UnknownRun
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED, WAITING, Order, Progressed
from tests.core.corpus_report import make_manifest, make_summary
from tests.dashboard.result_folder import reviews, write_run
from tests.fuzz.checks import REFUSED, check_harmless, refused_or
from tests.fuzz.folders import new_folder
from tests.fuzz.pieces import Pieces

CALIBRATION = Calibration(
    "sentiment", "abc", "its own", "decoded", "target", 1, (0.1, 0.3), (0.0, 0.2), (0.2, 0.4), (0,), -0.1, 40, "mask", "reviews"
)
QUESTION = {"file": "f", "seed": 0}
is_json = True


def target(data: bytes) -> None:
    """The last byte, behind a NUL, tells what it is."""
    pieces = Pieces(data)
    kind = pieces.number(len(_READ) - 1)
    _READ[kind](pieces.rest().removesuffix(b"\0"))


def _calibration(data: bytes) -> None:
    found = refused_or(ReportError, from_json, data.decode("utf-8", "replace"))
    if found is not REFUSED:
        assert from_json(to_json(found)) == found
        assert all(one.sentence and one.key for one in found)


def _manifest(data: bytes) -> None:
    folder = _folder()
    (folder / MANIFEST).write_bytes(data)
    manifest = refused_or(RunError, read_manifest, folder)
    if manifest is REFUSED:
        return
    assert manifest.n_chunks >= 0 and all(isinstance(label, str) for label in manifest.labels)
    write_manifest(folder, manifest)
    stored = read_manifest(folder)  # without the halves of characters that UTF-8 can't hold
    write_manifest(folder, stored)
    assert read_manifest(folder) == stored
    _report(folder)


def _summary(data: bytes) -> None:
    refused_or(RunError, Summary.from_json, data.decode("utf-8", "replace"))
    folder = _folder()
    (folder / SUMMARY).write_bytes(data)
    _report(folder)


def _methods(data: bytes) -> None:
    folder = _folder()
    (folder / METHODS).write_bytes(data)
    table = refused_or(RunError, read_methods, folder)
    if table is not REFUSED:
        assert isinstance(table.lines(), list) and isinstance(table.refusals, list)
    _report(folder)


def _report(folder: Path) -> None:
    page = refused_or(SaliencyError, report_of_run, folder)
    if page is not REFUSED:
        check_harmless(page)


def _job(data: bytes) -> None:
    folder = RunFolder(_folder())
    (folder.path / "job.json").write_bytes(data)
    found = refused_or(UnknownRun, folder.read)
    if found is not REFUSED:
        order, progress = found
        assert isinstance(order.file, str) and isinstance(order.model, str) and isinstance(order.trusts_pickle, bool)
        assert (
            progress.status in (WAITING, RUNNING, DONE, STOPPED, FAILED) and 0 <= progress.share <= 1 and progress.attempts >= 0
        )
        assert isinstance(progress.stage, str) and isinstance(progress.sentence, str) and progress.created >= 0


def _partial(data: bytes) -> None:
    path = _folder() / "partial"
    path.write_bytes(data)
    found = refused_or(DataError, PartialResults, path, QUESTION)
    if found is not REFUSED:
        assert all(isinstance(record, dict) for record in found.records)
        found.add({"row": 1})
        assert PartialResults(path, QUESTION).records == found.records


def _base(data: bytes) -> None:
    """Of a head's model: in the config, or in the card."""
    for name in ("config.json", "README.md"):
        folder = _folder()
        (folder / "config.json").unlink(missing_ok=True)
        (folder / name).write_bytes(data)
        for found in base_names(folder, None):
            assert ".." not in found and not found.startswith(("/", ".", "~")) and "\\" not in found and found.count("/") <= 1


@cache
def _made() -> dict[str, bytes]:
    """The JSON of a finished run, by its name."""
    folder = write_run(new_folder() / "run", reviews())
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@cache
def _place() -> Path:
    return new_folder()


def _folder() -> Path:
    """A folder with a finished run."""
    for name, content in _made().items():
        (_place() / name).parent.mkdir(exist_ok=True)
        (_place() / name).write_bytes(content)
    (_place() / METHODS).unlink(missing_ok=True)
    (_place() / "README.md").unlink(missing_ok=True)
    return _place()


def _starts() -> list[bytes]:
    """One for each reader."""
    interval = {"mean": 0.4, "low": 0.1, "high": 0.7, "n": 3}
    row = {"texts": 3, "refused": 1, "refusal": "It is too long.", "games": {"mask": {"faithfulness": interval}}}
    row |= {name: {"mean": 3.0, "median": 2.0} for name in ("forwards", "backwards", "passes")}
    table = MethodTable(
        [1, 2, 3], 0, "mask", 3, {"4": "It is empty."}, ["lime"], 0.01, {"decoded": row, "random": row}, {"model": "sentiment"}
    )
    order = Order("a.csv", "sentiment", "Sentiment", False, make_manifest().plan.settings)
    job = {"schema": JOB_SCHEMA, "order": order.as_dict(), "progress": dataclasses.asdict(Progressed())}
    partial = json.dumps(QUESTION) + "\n" + json.dumps({"row": 0}) + "\n"
    assert SCHEMA in table.to_json()
    card = "---\nlicense: mit\nbase_model:\n- google/bert_base\n- x/y\n---\n"
    return [
        to_json([CALIBRATION]).encode(), _made()[MANIFEST], make_summary().to_json().encode(), table.to_json().encode(), json.dumps(job).encode(),
        partial.encode(), card.encode(), json.dumps({"_name_or_path": "bert-base-uncased"}).encode(),
    ]  # fmt: skip


_READ = (_calibration, _manifest, _summary, _methods, _job, _partial, _base, _base)
STARTS = tuple(start + b"\0" + bytes([kind]) for kind, start in enumerate(_starts())) + tuple(
    b"[" * 2_000 + b"\0" + bytes([kind]) for kind in range(7)
)
