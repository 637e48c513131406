"""What goes wrong around runs over files: a full disk, a clock that jumps, and another server on the same folder."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.corpus.records import RunSettings
from core.corpus.store import RunError
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns
from dashboard import run_folders
from dashboard.jobs import Runs
from dashboard.run_folders import RunRefused
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED, Order
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Source("reviews.csv", content=b"text\none\ntwo\n")
ORDER = Order("reviews.csv", "sentiment", "Film reviews", False, RunSettings(Columns("text"), Format("csv"), chunk_rows=2))
PATIENCE = 60.0  # seconds: a busy machine is slow, not wrong



@pytest.fixture
def open_runs(tmp_path):
    """`open_runs(work)`: a server's runs, below one folder."""
    opened = []

    def open_one(work) -> Runs:
        opened.append(Runs(tmp_path / "runs", work))
        return opened[-1]

    yield open_one
    for runs in opened:
        runs.close()


def wait_for(runs: Runs, run_id: str, wanted: str) -> None:
    wait_until(lambda: runs.state(run_id).status == wanted, PATIENCE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_run_that_ends_while_the_disk_is_full_still_says_why(open_runs):
    """Not even the note that it ended can be written; the page must not say that the server was stopped."""
    is_full = threading.Event()
    is_full.set()

    def work(run_id, folder, source, order, tell):
        if is_full.is_set():
            (folder.parent / "job.json.part").symlink_to("/dev/full")
            raise RunError("The disk is full: “000000.parquet” could not be written. Make room and go on with the run (--resume).")

    runs = open_runs(work)
    run_id = runs.start(ORDER, SOURCE)
    wait_for(runs, run_id, FAILED)
    assert runs.state(run_id).sentence == "The disk is full: “000000.parquet” could not be written. Make room and go on with the run."
    is_full.clear()
    (runs.state(run_id).folder.parent / "job.json.part").unlink()
    runs.resume(run_id)
    wait_for(runs, run_id, DONE)
    assert runs.state(run_id).sentence == ""


@pytest.mark.parametrize("jump", [-3.2e8, 3.2e8])
def test_a_clock_that_jumps_deletes_no_run_and_ends_none(open_runs, monkeypatch, jump):
    go = threading.Event()

    def work(run_id, folder, source, order, tell):
        while not go.wait(0.01):
            tell("Row 1", 0.1)

    runs = open_runs(work)
    go.set()
    finished = runs.start(ORDER, SOURCE)
    wait_for(runs, finished, DONE)
    go.clear()
    running = runs.start(ORDER, SOURCE)
    wait_for(runs, running, RUNNING)
    real = run_folders.time.time
    monkeypatch.setattr(run_folders.time, "time", lambda: real() + jump)
    runs.start(ORDER, SOURCE)  # deletes what is old
    assert runs.state(finished).status == DONE and runs.state(running).status == RUNNING
    go.set()
    wait_for(runs, running, DONE)


OTHER_SERVER = """
import json, sys, time
from pathlib import Path
from core.corpus.records import RunSettings
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns
from dashboard.jobs import Runs
from dashboard.run_state import Order
def work(run_id, folder, source, order, tell):
    (folder.parent / "begun").touch()
    while True:
        tell("Row 1", 0.1)
        time.sleep(0.01)
order = Order("reviews.csv", "sentiment", "Film reviews", False, RunSettings(Columns("text"), Format("csv"), chunk_rows=2))
print(Runs(Path(sys.argv[1]), work).start(order, Source("reviews.csv", content=b"text\\none\\ntwo\\n")), flush=True)
sys.stdin.read()
"""


def test_a_second_server_on_one_folder_is_told_so_and_takes_over_when_the_first_is_killed(open_runs, tmp_path):
    done, environment = [], os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OTHER_SERVER, str(tmp_path / "runs")]
    first = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        run_id = first.stdout.readline().strip()
        wait_until(lambda: (tmp_path / "runs" / run_id / "begun").exists(), PATIENCE)
        second = open_runs(lambda run_id, folder, source, order, tell: done.append(source.open().read()))
        wait_for(second, run_id, RUNNING)
        for refused in (second.resume, second.delete):
            with pytest.raises(RunRefused, match="^Another server on this machine is at this run. Stop it there first.$"):
                refused(run_id)
        own = second.start(ORDER, SOURCE)  # its own runs go on
        wait_for(second, own, DONE)
        assert second.state(run_id).status == RUNNING and first.poll() is None
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE)
        assert second.state(run_id).status == STOPPED and "The server was stopped" in second.state(run_id).sentence
        second.resume(run_id)
        wait_for(second, run_id, DONE)
        assert done == [SOURCE.content, SOURCE.content]
        assert json.loads((tmp_path / "runs" / run_id / "job.json").read_text())["progress"]["status"] == DONE
    finally:
        first.kill()
        first.communicate()
