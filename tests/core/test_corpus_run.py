"""A run's folder: what is written can be read back, a run that stops goes on to the same bytes, and what can't be is a sentence."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.corpus import run as runs
from core.corpus import store
from core.corpus.analyse_chunk import analyse_rows
from core.corpus.records import RowRefused, RowResult, RunPlan, RunSettings
from core.corpus.run import read_summary, resume_run, start_run
from core.corpus.store import RunError, chunks_done, locked, read_chunk, read_chunks, read_manifest
from core.errors import DataError
from core.tables.format import SHELL_LIMITS
from core.tables.source import Source
from core.tables.texts import Columns
from tests.core.corpus_runs import plan_of, rows_of, settings_of, write_reviews
from tests.families import SENTENCES

ROOT = Path(__file__).resolve().parents[2]


class Halt(BaseException):
    """Raised by whoever is told."""


@pytest.fixture(scope="module")
def tiny(classifier_of):
    return classifier_of("bert")


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """(file, folder) of a run that nothing stopped."""
    place = tmp_path_factory.mktemp("whole")
    source = write_reviews(place / "reviews.csv")
    start_run(place / "run", tiny, source, settings_of(), SHELL_LIMITS)
    return source, place / "run"


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Everything that a finished run wrote."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != store.LOCK
    }


def assert_equal(one, other):
    """Two rows are the same in every field, type and digit."""
    assert type(one) is type(other)
    for name in one.__dataclass_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if name == "sample":
            assert_equal(mine, theirs)
        elif isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype and np.array_equal(mine, theirs), name
        else:
            assert mine == theirs and type(mine) is type(theirs), name


def stop_at(share: float, reason: type[BaseException] = Halt):
    def tell(stage, done):
        if done >= share:
            raise reason

    return tell


def test_a_chunk_is_read_back_as_it_was(tiny, tmp_path):
    plan = replace(plan_of(), coherence_rows=frozenset({1}), faithfulness_rows=frozenset({1, 2}))
    odd = "a \u202e right to left 🍿, “quoted”\nfilm"
    rows = analyse_rows(tiny, rows_of(SENTENCES[0], (odd, "a second text"), "film"), plan)
    rows.insert(1, RowRefused(9, "Its text is empty."))
    (tmp_path / store.CHUNKS).mkdir()
    store.write_chunk(tmp_path, 3, rows, 77)
    back = read_chunk(tmp_path, 3)
    assert back.room == 77 and len(back.rows) == len(rows)
    for one, other in zip(rows, back.rows):
        assert_equal(one, other)
    assert rows[0].sample.own_top1 is not None and rows[2].sample.own_top1 is None and rows[2].sample.faithfulness is not None
    assert pq.ParquetFile(store.chunk_path(tmp_path, 3)).metadata.num_row_groups == 1


def test_a_chunk_of_refusals_alone(tmp_path):
    (tmp_path / store.CHUNKS).mkdir()
    store.write_chunk(tmp_path, 0, [RowRefused(1, "No."), RowRefused(2, "Neither.")], 5)
    assert [row.reason for row in read_chunks(tmp_path)] == ["No.", "Neither."]


def test_every_row_is_there_once_in_order_and_the_bad_one_with_its_reason(whole):
    source, folder = whole
    rows, manifest = list(read_chunks(folder)), read_manifest(folder)
    assert [row.number for row in rows] == list(range(1, 41))
    assert [row.number for row in rows if isinstance(row, RowRefused)] == [7] and "empty" in rows[6].reason
    assert manifest.n_chunks == 5 == len(chunks_done(folder)) and manifest.plan.classes == {"0": 0, "1": 1}
    assert {
        row.number for row in rows if isinstance(row, RowResult) and row.sample.own_top1 is not None
    } == manifest.plan.coherence_rows - {7}
    assert rows[0].id == "r1" and rows[0].text == source.path.read_text().splitlines()[1].split(",")[1]
    table = pq.read_table(store.chunk_path(folder, 0))
    assert table.num_rows == 8 and table["top_words"][0].as_py()[0] == rows[0].top_words[0][0]


def test_rows_of_a_run_are_those_of_their_texts_alone(tiny, whole):
    _, folder = whole
    for row in list(read_chunks(folder))[:5]:
        alone = analyse_rows(tiny, rows_of(row.text), plan_of())[0]
        assert np.abs(row.scores - alone.scores).max() <= 1e-5 * max(1.0, np.abs(alone.scores).max())


@pytest.mark.parametrize("share", [0.01, 0.3, 0.62, 1.0])
def test_a_run_that_is_cancelled_goes_on_to_the_same_bytes(tiny, whole, tmp_path, share):
    source, folder = whole
    with pytest.raises(Halt):
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, stop_at(share))
    assert len(chunks_done(tmp_path / "run")) >= int(share * 5)
    with pytest.raises(RunError, match="isn't finished"):
        read_summary(tmp_path / "run")
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS, settings=settings_of())
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


KILLED = """
import os, signal, sys
from pathlib import Path
from core.catalog import find_model
from core.corpus.run import start_run
from core.corpus.store import chunks_done
from core.models import load_classifier
from core.tables.format import SHELL_LIMITS
from core.tables.source import Source
from tests.core.corpus_runs import settings_of
model, file, folder, n_chunks, share = sys.argv[1:]
def tell(stage, done):
    if len(chunks_done(Path(folder))) == int(n_chunks) and done * 5 % 1 >= float(share):
        os.kill(os.getpid(), signal.SIGKILL)
start_run(Path(folder), load_classifier(find_model(model), device="cpu"), Source.of(file), settings_of(), SHELL_LIMITS, tell)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
@pytest.mark.parametrize(("n_chunks", "share"), [(0, 0.5), (3, 0.2)])
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(tiny, whole, tmp_path, family_of, n_chunks, share):
    source, folder = whole
    command = [sys.executable, "-c", KILLED, family_of("bert").path, source.path, tmp_path / "run", n_chunks, share]
    program = subprocess.run(list(map(str, command)), cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert program.returncode == -signal.SIGKILL
    assert chunks_done(tmp_path / "run") == list(range(n_chunks)) and not (tmp_path / "run" / store.SUMMARY).exists()
    (tmp_path / "run" / store.CHUNKS / "000004.parquet.part").write_bytes(b"half of a file")
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_a_chunk_that_is_lost_is_made_again(tiny, whole, tmp_path):
    source, folder = whole
    start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS)
    for index in (1, 4):
        store.chunk_path(tmp_path / "run", index).unlink()
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_a_finished_run_gives_its_summary_again(tiny, whole, monkeypatch):
    source, folder = whole
    monkeypatch.setattr(runs, "analyse_rows", None)  # nothing is computed
    assert (
        resume_run(folder, tiny, source, SHELL_LIMITS).to_json() == read_summary(folder).to_json() == (folder / store.SUMMARY).read_text()
    )


def test_a_full_disk_is_told_and_what_was_done_is_kept(tiny, whole, tmp_path, monkeypatch):
    source, folder = whole
    sync, written = os.fsync, []

    def full(handle):
        written.append(handle)
        if len(written) > 6:  # the manifest, its folder, and two chunks with theirs
            raise OSError(errno.ENOSPC, "No space left on device")
        return sync(handle)

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(RunError, match="disk is full.*000002.parquet.*kept.*resume"):
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS)
    assert chunks_done(tmp_path / "run") == [0, 1] and not list((tmp_path / "run").rglob("*.part"))
    monkeypatch.undo()
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    assert bytes_of(tmp_path / "run") == bytes_of(folder)


def test_memory_that_ran_out_is_remembered_by_the_run(tiny, whole, tmp_path, monkeypatch):
    import torch

    from core.corpus import analyse_chunk

    source, _ = whole
    trace, sizes = analyse_chunk.trace_layers, []

    def short(classifier, batch, target):
        sizes.append(batch.input_ids.numel())
        if batch.input_ids.numel() > 40:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return trace(classifier, batch, target)

    monkeypatch.setattr(analyse_chunk, "trace_layers", short)
    with pytest.raises(Halt):
        start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS, stop_at(0.5))
    room = read_chunk(tmp_path / "run", chunks_done(tmp_path / "run")[-1]).room
    assert room <= 40
    sizes.clear()
    resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    assert max(sizes) <= 40 and len(list(read_chunks(tmp_path / "run"))) == 40


def test_another_file_model_or_settings_are_refused_by_name(tiny, classifier_of, whole, tmp_path):
    source, folder = whole
    other = write_reviews(tmp_path / "other.csv", seed=1)
    with pytest.raises(RunError, match="the file .it was “reviews.csv”"):
        resume_run(folder, tiny, other, SHELL_LIMITS)
    with pytest.raises(RunError, match="the model .it was .*the revision of the model's weights"):
        resume_run(folder, classifier_of("electra"), source, SHELL_LIMITS)
    with pytest.raises(RunError, match="chunk_rows .it was “8”, now “9”.*seed .it was “0”, now “4”"):
        resume_run(folder, tiny, source, SHELL_LIMITS, settings=settings_of(chunk_rows=9, seed=4))
    with pytest.raises(RunError, match="columns .it was .*label “label”.*, now text “text”"):
        resume_run(folder, tiny, source, SHELL_LIMITS, settings=replace(settings_of(), columns=Columns("text")))


def test_a_folder_that_another_writes_is_refused(tiny, whole, tmp_path):
    source, folder = whole
    with locked(folder), pytest.raises(RunError, match="Another program is writing"):
        resume_run(folder, tiny, source, SHELL_LIMITS)
    resume_run(folder, tiny, source, SHELL_LIMITS)  # it is let go of


def test_a_folder_with_a_run_is_not_overwritten(tiny, whole):
    source, folder = whole
    before = bytes_of(folder)
    with pytest.raises(RunError, match="holds a run already.*--resume"):
        start_run(folder, tiny, source, settings_of(), SHELL_LIMITS)
    assert bytes_of(folder) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: state | {"schema": "layer-saliency/corpus/99"}, "corpus/99.*reads .*corpus/1"),
        (lambda state: {name: value for name, value in state.items() if name != "plan"}, "can't be read"),
        (lambda state: state | {"plan": state["plan"] | {"settings": {}}}, "can't be read"),
        (lambda state: [state], "can't be read"),
    ],
)
def test_a_manifest_that_is_not_known_is_refused(tiny, whole, tmp_path, change, told):
    source, folder = whole
    state = json.loads((folder / store.MANIFEST).read_text())
    (tmp_path / store.MANIFEST).write_text(json.dumps(change(state)))
    with pytest.raises(RunError, match=told):
        resume_run(tmp_path, tiny, source, SHELL_LIMITS)


def test_a_folder_without_a_run_and_a_broken_chunk_are_told(tiny, whole, tmp_path):
    source, _ = whole
    with pytest.raises(RunError, match="holds no run"):
        resume_run(tmp_path, tiny, source, SHELL_LIMITS)
    start_run(tmp_path / "run", tiny, source, settings_of(), SHELL_LIMITS)
    store.chunk_path(tmp_path / "run", 2).write_bytes(b"PAR1 and then nothing")
    (tmp_path / "run" / store.SUMMARY).unlink()
    with pytest.raises(RunError, match="“000002.parquet” can't be read.*Delete it"):
        resume_run(tmp_path / "run", tiny, source, SHELL_LIMITS)
    os.replace(store.chunk_path(tmp_path / "run", 1), store.chunk_path(tmp_path / "run", 2))  # a chunk in another's place
    with pytest.raises(RunError, match="chunk 1, and .*chunk 2 is expected"):
        read_chunk(tmp_path / "run", 2)


def test_a_file_that_does_not_suit_leaves_no_folder(tiny, variant_of, whole, tmp_path):
    source, _ = whole
    empty = tmp_path / "empty.csv"
    empty.write_text("id,text,label\n1,,0\n")
    with pytest.raises(DataError, match="no row that can be used. Row 1: Its text is empty"):
        start_run(tmp_path / "run", tiny, Source.of(empty), settings_of(), SHELL_LIMITS)
    with pytest.raises(DataError, match="no column “nope”"):
        start_run(tmp_path / "run", tiny, source, replace(settings_of(), columns=Columns("nope")), SHELL_LIMITS)
    pairs = variant_of("bert", ("entailment", "neutral", "contradiction"))
    with pytest.raises(DataError, match="reads two texts at once"):
        start_run(tmp_path / "run", pairs, source, settings_of(), SHELL_LIMITS)
    assert not (tmp_path / "run").exists()
    (tmp_path / "taken").write_text("")
    with pytest.raises(RunError, match="is a file"):
        start_run(tmp_path / "taken", tiny, source, settings_of(), SHELL_LIMITS)


def test_settings_and_plan_go_through_json(whole):
    _, folder = whole
    plan = read_manifest(folder).plan
    assert RunPlan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan and hash(plan.settings) == hash(settings_of())
    with pytest.raises(ValueError, match="chunk_rows is 0"):
        settings_of(chunk_rows=0)
    with pytest.raises(TypeError):
        RunSettings.from_dict(plan.settings.as_dict() | {"unheard_of": 1})


def test_progress_tells_the_rows_the_rate_and_the_time_left(tiny, tmp_path, monkeypatch):
    clock = [0.0]

    def tick():
        clock[0] += 0.5
        return clock[0]

    monkeypatch.setattr(time, "monotonic", tick)
    told = []
    source = write_reviews(tmp_path / "reviews.csv")
    start_run(
        tmp_path / "run",
        tiny,
        source,
        settings_of(coherence_sample=0, faithfulness_sample=0),
        SHELL_LIMITS,
        lambda *step: told.append(step),
    )
    monkeypatch.undo()
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert any("of 40, " in stage and " a second, about " in stage and stage.endswith(" left") for stage, _ in told)


def test_the_file_formats_cost_no_torch():
    """A page that shows a run needs no model."""
    modules = ", ".join(f"core.corpus.{name}" for name in ("records", "chunk_table", "store", "sums", "summary", "words"))
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_summary_that_is_no_text_is_a_sentence(whole, tmp_path):
    (tmp_path / store.SUMMARY).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunError, match="summary.json in .* can't be read"):
        read_summary(tmp_path)
