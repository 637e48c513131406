"""Runs are deleted when they are old, and only then, whatever the clock says in between."""

import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.corpus.records import RunSettings
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns
from dashboard import old_runs, run_folders
from dashboard.old_runs import EVERY, OldRuns
from dashboard.run_state import Order
from tests.waiting import wait_until

DAY = 86400.0
TEN_YEARS = 3.2e8
ORDER = Order("reviews.csv", "sentiment", "Film reviews", False, RunSettings(Columns("text"), Format("csv"), chunk_rows=2))


@pytest.fixture
def later(monkeypatch):
    """`later(seconds)`: what no clock shows wrongly has gone on by so much."""
    passed = [0.0]
    monkeypatch.setattr(old_runs, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0]))
    return lambda seconds: passed.__setitem__(0, passed[0] + seconds)


@pytest.fixture
def set_clock(monkeypatch):
    """`set_clock(jump, at_start)`: by how much the system's clock is wrong now, and was when the server started."""
    real, began = time.time, run_folders._BEGAN

    def set_to(jump: float, at_start: float) -> None:
        monkeypatch.setattr(run_folders.time, "time", lambda: real() + jump)
        monkeypatch.setattr(run_folders, "_BEGAN", began + at_start)

    return set_to


@pytest.fixture
def open_server(tmp_path):
    """`open_server()`: what a server deletes below one folder, from its start on."""
    opened = []

    def open_one() -> OldRuns:
        for before in opened:
            before.close()
        opened.append(OldRuns(tmp_path))
        return opened[-1]

    yield open_one
    opened[-1].close()


def make_run(root, days: float):
    """A run that was begun, and noted for the last time, so many days ago."""
    folder = run_folders.new_folder(root, ORDER, Source("reviews.csv", content=b"text\none\n"))
    saved = json.loads((folder.path / "job.json").read_text())
    saved["progress"]["created"] -= days * DAY
    (folder.path / "job.json").write_text(json.dumps(saved))
    os.utime(folder.path / "job.json", (time.time() - days * DAY,) * 2)
    return folder


@pytest.mark.parametrize("restarts", [False, True])
def test_an_old_run_is_deleted_at_the_second_look(tmp_path, open_server, later, restarts):
    """An hour after the first, or when the server starts again; younger ones and other people's folders stay."""
    old, young = make_run(tmp_path, 7.1), make_run(tmp_path, 6.9)
    (tmp_path / "somebody's own folder").mkdir()
    server = open_server()
    assert old.path.is_dir()
    if restarts:
        open_server()  # at once: no hour has gone by
        assert old.path.is_dir()
        mark = tmp_path / f"{old.id}.old"
        os.utime(mark, (mark.stat().st_mtime - EVERY,) * 2)
        open_server()
    else:
        later(EVERY / 2)
        server.look()
        assert old.path.is_dir()
        later(EVERY / 2)
        server.look()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([young.id, "somebody's own folder"])


def test_a_run_that_a_server_has_is_not_deleted(tmp_path, open_server, later):
    run = make_run(tmp_path, 8)
    assert run.take()
    server = open_server()
    later(EVERY)
    server.look()
    assert run.path.is_dir()
    run.let_go()
    server.look()
    assert not run.path.exists()


def test_a_folder_without_a_note_is_as_old_as_its_file(tmp_path, open_server, later):
    old, young = make_run(tmp_path, 0), make_run(tmp_path, 0)
    for folder in (old, young):
        (folder.path / "job.json").unlink()
    os.utime(old.path / "input", (time.time() - 8 * DAY,) * 2)
    server = open_server()
    later(EVERY)
    server.look()
    assert young.path.is_dir() and not old.path.exists()


def test_what_is_no_run_is_left_alone(tmp_path, open_server, later):
    """Though it may be called as a run could be."""
    other = tmp_path / "my-backup-of-the-photo"
    other.mkdir()
    assert [folder.path for folder in run_folders.all_folders(tmp_path)] == [other]
    os.utime(other, (time.time() - 800 * DAY,) * 2)
    server = open_server()
    later(EVERY)
    server.look()
    assert other.is_dir()


def test_a_run_that_was_begun_while_the_clock_was_behind_is_as_old_as_its_last_note(tmp_path, open_server, later):
    run = make_run(tmp_path, 3650)
    os.utime(run.path / "job.json")
    server = open_server()
    later(EVERY)
    server.look()
    assert run.path.is_dir()


def test_no_mark_outlives_its_run(tmp_path, open_server, later):
    deleted = make_run(tmp_path, 8)
    server = open_server()
    assert [mark.stem for mark in tmp_path.glob("*.old")] == [deleted.id]
    shutil.rmtree(deleted.path)  # by the person whose it is
    server.look()
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_for_a_mark_deletes_all_the_same(tmp_path, open_server, later, monkeypatch):
    def full(self, *arguments):
        raise OSError(28, "No space left on device")

    run = make_run(tmp_path, 8)
    monkeypatch.setattr(Path, "touch", full)
    server = open_server()
    later(EVERY)
    server.look()
    assert not run.path.exists()


def test_a_clock_that_was_wrong_when_the_server_started_deletes_nothing(tmp_path, open_server, later, set_clock):
    """It is put right some minutes later, as machines without a battery do."""
    run = make_run(tmp_path, 1)
    set_clock(TEN_YEARS, at_start=TEN_YEARS)
    server = open_server()
    set_clock(0, at_start=TEN_YEARS)
    for _ in range(3):
        later(EVERY)
        server.look()
    set_clock(0, at_start=0)
    open_server()
    open_server()
    assert run.path.is_dir() and not list(tmp_path.glob("*.old"))


def test_a_clock_that_jumps_later_deletes_nothing(tmp_path, open_server, later, set_clock):
    run = make_run(tmp_path, 1)
    server = open_server()
    set_clock(TEN_YEARS, at_start=0)
    for _ in range(3):
        later(EVERY)
        server.look()
    assert run.path.is_dir()


def test_it_looks_by_itself(tmp_path, open_server, monkeypatch):
    monkeypatch.setattr(old_runs, "EVERY", 0.05)
    run = make_run(tmp_path, 8)
    open_server()
    wait_until(lambda: not run.path.exists(), 60.0)
