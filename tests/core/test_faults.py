"""What goes wrong outside of the program: a full disk, a model's folder that is cut short or gone, a clock that jumps."""

import ast
import itertools
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from core.catalog import find_model
from core.corpus import store
from core.corpus.run import resume_run, start_run
from core.corpus.store import RunError
from core.errors import ModelError
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query
from core.tables.format import SHELL_LIMITS
from tests.core.corpus_runs import settings_of, write_reviews
from tests.families import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = settings_of(chunk_rows=3, coherence_sample=1, faithfulness_sample=0)
FULL_DISK = Path("/dev/full")  # takes no byte: the system's own ENOSPC


@pytest.fixture(scope="module")
def tiny(classifier_of):
    return classifier_of("bert")


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """(file, folder) of a run that nothing disturbed."""
    place = tmp_path_factory.mktemp("whole")
    source = write_reviews(place / "reviews.csv", n_rows=8)
    start_run(place / "run", tiny, source, SETTINGS, SHELL_LIMITS)
    return source, place / "run"


@pytest.fixture
def folder(family_of, tmp_path):
    """A model's folder of one's own, whose weights are in the precision that the CPU computes in."""
    place = shutil.copytree(family_of("bert").path, tmp_path / "model")
    weights = load_file(place / "model.safetensors")
    save_file({name: tensor.float() for name, tensor in weights.items()}, place / "model.safetensors", {"format": "pt"})
    return place


def written(folder: Path) -> dict[str, bytes]:
    """All that a run wrote."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != store.LOCK
    }


# --- a full disk ---


@pytest.mark.skipif(not FULL_DISK.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("name", [store.MANIFEST, f"{store.CHUNKS}/000000.parquet", f"{store.CHUNKS}/000002.parquet", store.WORDS, store.SUMMARY])
def test_a_disk_that_is_full_is_told_whichever_file_it_fails_at(tiny, whole, tmp_path, name):
    """The system itself refuses the bytes; what was done is kept, nothing half-written stays, and the run goes on to the same bytes."""
    source, undisturbed = whole
    run = tmp_path / "run"
    part = run / f"{name}{store.TEMPORARY}"
    (run / store.CHUNKS).mkdir(parents=True)

    def fill(stage="", share=0.0):
        if not part.is_symlink():
            part.symlink_to(FULL_DISK)

    if name == store.MANIFEST:
        fill()
    with pytest.raises(RunError, match=f"The disk is full: “{Path(name).name}” could not be written.*What was done before is kept.*--resume"):
        start_run(run, tiny, source, SETTINGS, SHELL_LIMITS, fill)
    assert not list(run.rglob(f"*{store.TEMPORARY}")) and FULL_DISK.is_char_device()
    if name == store.MANIFEST:
        start_run(run, tiny, source, SETTINGS, SHELL_LIMITS)
    else:
        resume_run(run, tiny, source, SHELL_LIMITS, settings=SETTINGS)
    assert written(run) == written(undisturbed)


# --- a model's folder ---


def is_mapped(file: Path) -> bool:
    """Whether this process has the file in its memory (Linux)."""
    return str(file) in Path("/proc/self/maps").read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not say what is mapped")
def test_a_loaded_model_has_left_its_file(folder):
    """Nothing is read from the disk any more, or a file cut short under it would end the whole program (SIGBUS)."""
    classifier = load_classifier(find_model(str(folder)), device="cpu")
    assert not is_mapped(folder / "model.safetensors")
    assert all(tensor.untyped_storage().resizable() for tensor in classifier.model.state_dict().values())


def cut_short(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 200)


def write_over(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(bytes(4096))


@pytest.mark.parametrize("harm", [cut_short, write_over, shutil.rmtree])
def test_a_model_in_use_does_not_mind_what_becomes_of_its_folder(folder, harm):
    classifier = load_classifier(find_model(str(folder)), device="cpu")
    assert not sys.platform.startswith("linux") or not is_mapped(folder / "model.safetensors")  # else this process might end here
    query = Query("m", SENTENCES[0])
    before = analyse(classifier, query)
    harm(folder)
    after = analyse(classifier, query)
    for name, one in before.maps.items():
        assert np.array_equal(one.scores, after.maps[name].scores), name
    assert np.array_equal(before.prediction.logits, after.prediction.logits)


@pytest.mark.parametrize("keep", [0, 7, 200, 0.5, 0.999])
def test_a_file_of_weights_that_ends_too_soon_is_a_sentence(folder, keep):
    """However much of it is there: nothing of the header, a part of it, or all but the last weights."""
    weights = folder / "model.safetensors"
    size = weights.stat().st_size
    os.truncate(weights, keep if keep > 1 or not keep else int(size * keep))
    with pytest.raises(ModelError) as told:
        load_classifier(find_model(str(folder)), device="cpu")
    assert "\n" not in str(told.value) and str(told.value).endswith(".")


# --- a clock that jumps ---


def test_a_clock_that_jumps_changes_no_byte_of_a_run(tiny, whole, tmp_path, monkeypatch):
    """Ten years forwards and backwards, for whoever asks it for a date or a pace; who asks is listed below."""
    source, undisturbed = whole
    real, looks, shares = time.time, itertools.count(), []
    monkeypatch.setattr(time, "time", lambda: real() + (-1) ** next(looks) * 3.2e8)
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    start_run(tmp_path / "run", tiny, source, SETTINGS, SHELL_LIMITS, lambda stage, share: shares.append(share))
    assert shares == sorted(shares)
    assert written(tmp_path / "run") == written(undisturbed)


ASKS_THE_CLOCK = {"time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime"}, "datetime": {"now", "utcnow", "today"}, "date": {"today"}}


def asks_the_clock(source: str) -> bool:
    """Whether a file calls what tells the clock's time, or imports `time` so that the call can't be told from its name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if node.attr in ASKS_THE_CLOCK.get(owner, ()):
                return True
        hides = isinstance(node, ast.ImportFrom) and node.module == "time"
        if hides or (isinstance(node, ast.Import) and any(one.name in ("time", "datetime") and one.asname for one in node.names)):
            return True
    return False


@pytest.mark.parametrize(
    "source, asks",
    [
        ("time.time()", True), ("time.monotonic()", False), ("datetime.now()", True), ("datetime.datetime.today()", True), ("from time import sleep", True),
        ("import time as t", True), ("import time", False), ("time.localtime()", True), ("datetime(2026, 1, 1)", False),
    ],
)  # fmt: skip
def test_what_asks_the_clock(source, asks):
    assert asks_the_clock(source) == asks


def test_no_wait_and_no_pace_is_measured_by_a_clock_that_can_be_set():
    """The clock is asked in one place, which gives dates, and in the wording of a date; all else asks `time.monotonic`."""
    files = [*(ROOT / "core").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]
    asking = {file.relative_to(ROOT).as_posix() for file in files if asks_the_clock(file.read_text(encoding="utf-8"))}
    assert asking == {"dashboard/run_folders.py", "dashboard/corpus_wording.py"}
