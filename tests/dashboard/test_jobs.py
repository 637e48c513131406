"""Runs that no page waits for: one at a time, stopped and taken up again, by this server or the next. What they do is made up here."""

import json
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from core.corpus.records import RunPlan, RunSettings
from core.corpus.store import CHUNKS, Manifest, write_manifest
from core.errors import DataError
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns
from core.turns import FairQueue
from dashboard import jobs, run_folders, run_state
from dashboard.device_turns import Turns
from dashboard.jobs import Runs
from dashboard.run_folders import RunRefused, UnknownRun
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED, WAITING, Order, Pace
from tests.waiting import wait_until

SOURCE = Source("reviews.csv", content=b"text\none\ntwo\n")
ORDER = Order("reviews.csv", "sentiment", "Film reviews", False, RunSettings(Columns("text"), Format("csv"), chunk_rows=2))


class Work:
    """Work of ten steps; each waits for `go`. What it was called with is in `calls`."""

    def __init__(self):
        self.go, self.calls, self.error = threading.Event(), [], None

    def __call__(self, run_id, folder, source, order, tell):
        with source.open() as file:
            self.calls.append((run_id, folder, file.read(), order))
        for step in range(1, 11):
            tell(f"Row {step} of 10", step / 10)
            while not self.go.wait(0.01):
                tell(f"Row {step} of 10", step / 10)
            if self.error:
                raise self.error


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def open_runs(tmp_path, work):
    """`open_runs()`: a server's runs, below one folder."""
    opened = []

    def open_one(work=work) -> Runs:
        opened.append(Runs(tmp_path / "runs", work))
        return opened[-1]

    yield open_one
    work.go.set()
    for runs in opened:
        runs.close()


def status(runs: Runs, run_id: str) -> str:
    return runs.state(run_id).status


def wait_for(runs: Runs, run_id: str, wanted: str) -> None:
    wait_until(lambda: status(runs, run_id) == wanted)


def keep_manifest(folder, n_rows: int, n_chunks: int) -> None:
    """As if the run had written so many chunks."""
    (folder / CHUNKS).mkdir(parents=True)
    plan = RunPlan(ORDER.settings, 100, True)
    write_manifest(
        folder,
        Manifest(
            plan,
            n_rows,
            "f",
            "0",
            "m",
            "r",
            "",
            "float32",
            None,
            labels=("a", "b"),
            problem_type="x",
            layers=2,
            device="cpu",
            versions={},
        ),
    )
    for index in range(n_chunks):
        (folder / CHUNKS / f"{index:06d}.parquet").touch()


def test_a_run_goes_from_waiting_to_done(open_runs, work):
    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    wait_until(lambda: runs.state(run_id).share == 0.1)
    state = runs.state(run_id)
    assert (state.status, state.stage, state.order, state.is_under_way) == (RUNNING, "Row 1 of 10", ORDER, True)
    work.go.set()
    wait_for(runs, run_id, DONE)
    assert runs.state(run_id).share == 1.0 and not runs.state(run_id).is_under_way
    assert work.calls == [(run_id, runs.state(run_id).folder, SOURCE.content, ORDER)]


def test_names_cannot_be_guessed_and_folders_not_be_read_by_others(open_runs, tmp_path):
    runs = open_runs()
    names = {runs.start(ORDER, SOURCE) for _ in range(5)}
    assert len(names) == 5 and all(run_folders.RUN_ID.fullmatch(name) for name in names)
    for folder in (tmp_path / "runs", *(tmp_path / "runs" / name for name in names)):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


@pytest.mark.parametrize(
    "name", ["", "x", "../../etc/passwd", "..", "A" * 22, "A" * 21 + "/", "A" * 21 + "\n", "A" * 22 + "\n", "é" * 22]
)
def test_a_name_that_is_none_is_told_in_a_sentence(open_runs, name):
    runs = open_runs()
    for ask in (runs.state, runs.cancel, runs.resume, runs.delete):
        with pytest.raises(UnknownRun, match="There is no such run here"):
            ask(name)


def test_one_runs_at_a_time_in_order(open_runs, work):
    runs = open_runs()
    names = [runs.start(ORDER, SOURCE) for _ in range(3)]
    wait_for(runs, names[0], RUNNING)
    assert [runs.state(name).n_before for name in names] == [0, 1, 2]
    assert [status(runs, name) for name in names] == [RUNNING, WAITING, WAITING]
    work.go.set()
    wait_for(runs, names[2], DONE)
    assert [call[0] for call in work.calls] == names


def test_a_stopped_run_goes_on(open_runs, work):
    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    wait_until(lambda: work.calls)
    runs.cancel(run_id)
    wait_for(runs, run_id, STOPPED)
    work.go.set()
    runs.resume(run_id)
    wait_for(runs, run_id, DONE)
    assert len(work.calls) == 2
    runs.resume(run_id)
    assert status(runs, run_id) == DONE and len(work.calls) == 2


def test_what_was_not_written_is_not_told_as_done(open_runs, work):
    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    wait_for(runs, run_id, RUNNING)
    keep_manifest(runs.state(run_id).folder, n_rows=10, n_chunks=2)
    runs.cancel(run_id)
    wait_for(runs, run_id, STOPPED)
    assert (runs.state(run_id).share, runs.state(run_id).n_rows) == (0.4, 10)
    runs.resume(run_id)
    wait_until(lambda: runs.state(run_id).stage == "Row 1 of 10")
    assert runs.state(run_id).share == 0.4  # and what goes on doesn't begin with nothing


def test_one_that_waits_is_stopped_at_once(open_runs, work):
    runs = open_runs()
    first, second = (runs.start(ORDER, SOURCE) for _ in range(2))
    wait_for(runs, first, RUNNING)
    runs.cancel(second)
    assert status(runs, second) == STOPPED
    work.go.set()
    wait_for(runs, first, DONE)
    runs.resume(second)
    wait_for(runs, second, DONE)
    assert [call[0] for call in work.calls] == [first, second]


def test_a_failure_is_a_sentence_and_the_next_run_begins(open_runs, work, capsys):
    runs = open_runs()
    work.error = DataError("The folder “…” is odd. Go on with the run (--resume).")
    work.go.set()
    failed = runs.start(ORDER, SOURCE)
    wait_for(runs, failed, FAILED)
    assert runs.state(failed).sentence == "The folder “…” is odd. Go on with the run."
    work.error = KeyError("somebody's text")
    strange = runs.start(ORDER, SOURCE)
    wait_for(runs, strange, FAILED)
    assert "KeyError" in runs.state(strange).sentence and "somebody" not in runs.state(strange).sentence
    assert "KeyError" in capsys.readouterr().err
    work.error = None
    runs.resume(failed)
    wait_for(runs, failed, DONE)
    assert runs.state(failed).sentence == ""


def test_no_page_is_told_where_runs_lie(open_runs, work, tmp_path):
    from core.corpus.store import RunError
    from core.errors import quoted

    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    work.error = RunError(f"The disk is full: it could not be written to {quoted(str(runs.state(run_id).folder / CHUNKS))}.")
    work.go.set()
    wait_for(runs, run_id, FAILED)
    assert runs.state(run_id).sentence == "The disk is full: it could not be written to the run’s folder."


def test_the_next_server_takes_up_what_this_one_left(open_runs, work):
    runs = open_runs()
    names = [runs.start(ORDER, SOURCE) for _ in range(2)]
    wait_until(lambda: work.calls)
    runs.close()
    work.go.set()
    after = open_runs()
    for name in names:
        wait_for(after, name, DONE)
    assert [call[0] for call in work.calls] == [names[0], *names]
    assert after.state(names[0]).order == ORDER


def test_what_kills_the_server_each_time_waits_to_be_asked_for(open_runs, tmp_path, work):
    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    wait_for(runs, run_id, RUNNING)
    runs.close()
    file = tmp_path / "runs" / run_id / "job.json"
    saved = json.loads(file.read_text())
    saved["progress"] |= {"status": RUNNING, "attempts": jobs.MOST_ATTEMPTS}
    file.write_text(json.dumps(saved))
    after = open_runs()
    assert status(after, run_id) == STOPPED and "The server was stopped" in after.state(run_id).sentence
    work.go.set()
    after.resume(run_id)
    wait_for(after, run_id, DONE)


def test_two_servers_never_do_the_same_run(open_runs, work):
    one = open_runs()
    run_id = one.start(ORDER, SOURCE)
    wait_until(lambda: one.state(run_id).share > 0)
    other = open_runs()
    assert status(other, run_id) == RUNNING
    for ask in (other.resume, other.delete):
        with pytest.raises(RunRefused, match="Another server"):
            ask(run_id)
    work.go.set()
    wait_for(one, run_id, DONE)
    wait_for(other, run_id, DONE)
    assert len(work.calls) == 1


def test_a_deleted_run_leaves_nothing(open_runs, work, tmp_path):
    runs = open_runs()
    running, waiting = (runs.start(ORDER, SOURCE) for _ in range(2))
    wait_for(runs, running, RUNNING)
    for name in (waiting, running):
        runs.delete(name)
    wait_until(lambda: not list((tmp_path / "runs").iterdir()))
    with pytest.raises(UnknownRun):
        runs.state(running)


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", "{not json", '{"schema": "layer-saliency/job/99", "order": {}, "progress": {}}']
)
def test_a_broken_folder_is_no_run(open_runs, work, tmp_path, content):
    runs = open_runs()
    work.go.set()
    run_id = runs.start(ORDER, SOURCE)
    wait_for(runs, run_id, DONE)
    (tmp_path / "runs" / run_id / "job.json").write_text(content)
    with pytest.raises(UnknownRun):
        runs.state(run_id)
    open_runs()  # and no server minds


def test_there_are_only_so_many(open_runs, work, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_UNDER_WAY", 2)
    runs = open_runs()
    for _ in range(2):
        runs.start(ORDER, SOURCE)
    with pytest.raises(RunRefused, match="2 runs are under way"):
        runs.start(ORDER, SOURCE)


def test_a_disk_that_takes_nothing_is_told_in_a_sentence(work, tmp_path):
    (tmp_path / "file").write_text("")
    runs = Runs(tmp_path / "file" / "runs", work)
    with pytest.raises(DataError, match="The run's folder can't be written.*your file is still here"):
        runs.start(ORDER, SOURCE)
    runs.close()


def test_the_pace_is_that_of_the_last_minute(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(run_state.time, "monotonic", lambda: now[0])
    pace = Pace()
    for second in range(200):
        now[0] = 1000.0 + second
        pace.note(0.001 * (second + 1) if second < 100 else 0.1 + 0.002 * (second - 99))
    assert pace.per_second == pytest.approx(0.002, rel=0.05)
    pace.note(0.05)  # begun anew
    assert pace.per_second is None


def test_what_comes_before_the_work_is_no_pace(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(run_state.time, "monotonic", lambda: now[0])
    pace = Pace()
    for now[0], share in ((1000.0, 0.4), (1050.0, 0.4), (1100.0, 0.4), (1105.0, 0.45), (1110.0, 0.5)):
        pace.note(share)
    assert pace.per_second == pytest.approx(0.01)


def test_others_are_served_between_the_steps_of_a_run():
    """The device's turn goes round: nobody waits for more than one step of a run, and waiting is no reason to end one."""
    queue, served, told = FairQueue(longest_wait=0.05), [], []

    def person(name: str) -> None:
        with queue.turn(name):
            served.append(name)
            time.sleep(0.2)  # longer than anyone is made to wait

    with Turns(("run", "x"), lambda stage, share: told.append((stage, share)), queue) as step:
        visitor = threading.Thread(target=lambda: person("visitor"))
        visitor.start()
        wait_until(lambda: len(queue._lanes) == 1)
        assert not served
        step("Row 5 of 10", 0.5)
        assert served == ["visitor"]
        visitor.join()
        assert ("1 person before you", 0.5) in told  # the share stays
    assert queue._running is None and not queue._lanes


def test_a_stop_is_heard_while_a_run_waits_for_its_turn():
    queue, release = FairQueue(), threading.Event()

    def person() -> None:
        with queue.turn("visitor"):
            release.wait(5)

    def tell(stage: str, share: float) -> None:
        if "before you" in stage:
            raise run_folders.RunRefused("stop")

    with pytest.raises(RunRefused), Turns(("run", "x"), tell, queue) as step:
        visitor = threading.Thread(target=person)
        visitor.start()
        wait_until(lambda: len(queue._lanes) == 1)
        step("Row 5", 0.5)
    release.set()
    visitor.join()
    assert queue._running is None and not queue._lanes


def test_a_run_whose_end_cannot_be_told_keeps_no_other_from_its_turn(open_runs, work, monkeypatch):
    runs = open_runs()
    names = [runs.start(ORDER, SOURCE) for _ in range(2)]
    wait_for(runs, names[0], RUNNING)

    def torn(folder, order, real=jobs._kept_share):
        if folder.id == names[0]:
            raise OSError("Too many open files")
        return real(folder, order)

    monkeypatch.setattr(jobs, "_kept_share", torn)
    runs.cancel(names[0])
    work.go.set()
    wait_for(runs, names[1], DONE)
    assert status(runs, names[0]) == STOPPED  # and no longer held


def test_a_manifest_that_cannot_be_opened_is_no_error_of_the_page(open_runs, work, monkeypatch):
    runs = open_runs()
    run_id = runs.start(ORDER, SOURCE)
    wait_for(runs, run_id, RUNNING)
    keep_manifest(runs.state(run_id).folder, 10, 1)

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(runs.state(run_id).folder), "read_text", refused)
    assert jobs._rows_of(run_folders.find_folder(runs._root, run_id)) is None


def test_a_folder_that_somebody_else_deletes_keeps_nobody_from_beginning(open_runs, tmp_path, monkeypatch):
    runs = open_runs()
    monkeypatch.setattr(run_folders, "all_folders", lambda root: [run_folders.RunFolder(root / ("A" * 22))])
    assert status(runs, runs.start(ORDER, SOURCE)) in (WAITING, RUNNING)
    assert not (tmp_path / "runs" / ("A" * 22)).exists()


def test_a_file_that_is_gone_is_told_without_where_it_lay():
    folder = run_folders.RunFolder(Path("/srv/runs") / ("A" * 22))  # a short path: a long one is cut in sentences
    with pytest.raises(DataError) as told:
        folder.source("a.csv").open()
    assert run_folders.for_page(str(told.value), folder) == "the run’s file can't be opened: No such file or directory. Check the path."
    assert run_folders.for_page(f"Failed to open local file '{folder.run}/chunks/0'", folder) == "Failed to open local file 'the run’s folder/run/chunks/0'"
