"""A run over a file that is killed (SIGKILL) at fifty lines and at 25 moments drawn at random goes on to the same bytes, wherever it was."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.corpus import store
from tests.core.corpus_runs import write_reviews
from tests.core.killed_runs import BY_THE_CLOCK, KILLED_TWICE, POINTS

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"  # there, a forked process may not use the system's own libraries
pytestmark = pytest.mark.skipif(not CAN_FORK, reason="processes can't be forked here once torch is loaded")
PATIENCE = 900  # seconds for all the runs


def written(folder: Path) -> dict[str, bytes]:
    """Everything in a run's folder but its lock; what was left half-written too, which must be gone."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != store.LOCK
    }


@pytest.fixture(scope="module")
def killed(family_of, tmp_path_factory):
    """(place, what the program told of each run), the run that nothing stopped first."""
    place = tmp_path_factory.mktemp("killed")
    write_reviews(place / "reviews.csv", n_rows=7)
    command = [sys.executable, "-m", "tests.core.killed_runs", family_of("bert").path, place / "reviews.csv", place]
    alone = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}  # a thread of a card's would not live on in a fork
    program = subprocess.run([*map(str, command)], cwd=ROOT, env=alone, stdout=subprocess.PIPE, check=True, timeout=PATIENCE)
    return place, [json.loads(line) for line in program.stdout.decode().splitlines()]


def test_each_run_was_killed_somewhere_else_and_went_on(killed):
    _, (whole, *runs) = killed
    runs = [run for run in runs if "point" in run]
    assert whole["status"] == 0 and len(runs) == POINTS
    assert {run["killed"] for run in runs} == {-signal.SIGKILL} and {run["status"] for run in runs} == {0}
    assert len({run["point"] for run in runs}) > POINTS * 0.9
    left = {len(run["left"]) for run in runs}
    assert {0, 4} <= left and left & {1, 2, 3}  # nothing was there yet, every chunk, and some
    assert sum(run["again"] == -signal.SIGKILL for run in runs) >= POINTS // KILLED_TWICE // 2  # killed a second time


def test_each_run_was_killed_at_some_moment_and_went_on(killed):
    """On a busy machine one may have been over by then, or not have begun; the rest was in the middle of it."""
    _, (_, *runs) = killed
    runs = [run for run in runs if "by" in run]
    assert len(runs) == BY_THE_CLOCK and {run["status"] for run in runs} == {0} and {run["killed"] for run in runs} <= {0, -signal.SIGKILL}
    assert sum(run["killed"] == -signal.SIGKILL for run in runs) >= BY_THE_CLOCK // 2


def test_every_one_of_them_is_the_same_to_the_byte(killed):
    place, (_, *runs) = killed
    whole = written(place / "whole")
    assert {store.MANIFEST, store.WORDS, store.SUMMARY} < set(whole) and len(whole) == 3 + 4
    for run in runs:
        assert written(place / run["folder"]) == whole, run


def test_whatever_stood_there_when_it_was_killed_was_whole(killed):
    """Chunks are never torn: those that were done are the ones of the whole run (they are not made again)."""
    _place, (_, *runs) = killed
    assert all(run["left"] == list(range(len(run["left"]))) for run in runs)
