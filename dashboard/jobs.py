"""Runs over files, one at a time, in a thread that no page waits for: they outlive the page, and go on when the server starts again.

Knows nothing of models or Streamlit: what a run does is the `work` it is given.
"""

import atexit
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.corpus.store import RunError, chunks_done, read_manifest
from core.errors import SaliencyError
from core.progress import Progress
from core.tables.source import Source
from core.turns import Cancelled, Stopped
from dashboard import log_lines, run_folders
from dashboard.old_runs import OldRuns
from dashboard.run_folders import RunFolder, RunRefused
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED, UNDER_WAY, WAITING, Order, Pace, Progressed, RunState

MOST_UNDER_WAY = 20  # runs of all people that wait or run
MOST_ATTEMPTS = 3  # after which a run that took the server with it each time waits to be asked for
SAVED_EVERY = 2.0  # seconds between two notes on the disk of how far a run is
LEAVE_WITHIN = 10.0  # seconds that the end of the server waits for the run to stop
UNFORESEEN = "The run met an error that nobody foresaw ({}). What was done is kept; go on, or tell whoever runs the server."

Work = Callable[[str, Path, Source, Order, Progress], None]
"""`work(run id, folder, source, order, tell)`: begin the run in the folder, or go on where it stands."""


class _ServerStops(Stopped):
    """The server is shut down: the run goes on when it starts again."""


class _Job:
    """A run that waits or runs here."""

    def __init__(self, folder: RunFolder, order: Order, progress: Progressed):
        self.folder, self.order, self.progress = folder, order, replace(progress, status=WAITING, sentence="")
        self.stop: type[Stopped] | None = None
        self.is_deleted = False
        self._pace, self._kept = Pace(), _kept_share(folder, order)
        self._saved = 0.0

    def tell(self, stage: str, share: float) -> None:
        """Called between the steps of the work; raises what stops it."""
        if self.stop is not None:
            raise self.stop
        share = max(share, self._kept)  # nothing is read again that is on the disk
        self.progress = replace(self.progress, stage=stage, share=share)
        self._pace.note(share)
        if time.monotonic() - self._saved > SAVED_EVERY:
            self.save()

    def save(self, **changes: object) -> bool:
        """Note on the disk how far it is; whether it could be noted. A disk that is full stops no run: it will say so itself."""
        self.progress, self._saved = replace(self.progress, **changes), time.monotonic()
        with suppress(OSError):
            self.folder.write(self.order, self.progress)
            return True
        return False

    @property
    def pace(self) -> float | None:
        """Share a second, of one that runs."""
        return self._pace.per_second if self.progress.status == RUNNING else None


class Runs:
    """The runs of everyone. Their names can't be guessed: whoever has one may see, stop and delete the run."""

    def __init__(self, root: Path, work: Work):
        """`root` is made if need be. Runs that the server left behind unfinished are taken up again, the oldest first."""
        self._root, self._work = root, work
        self._lock, self._jobs, self._queue = threading.RLock(), {}, queue.SimpleQueue()
        self._is_closed, self._thread = False, None
        self._not_noted: dict[str, tuple[Order, Progressed]] = {}  # how runs ended whose end a full disk did not take
        self._old = OldRuns(root)
        self._take_up()
        atexit.register(self.close)

    def start(self, order: Order, source: Source) -> str:
        """Begin a run; returns its name. RunRefused where too many are under way, DataError where the folder can't be written."""
        with self._lock:
            if len(self._jobs) >= MOST_UNDER_WAY:
                raise RunRefused(
                    f"{len(self._jobs)} runs are under way on this server, the most that it takes. Try again when one is done."
                )
        self._old.look()
        folder = run_folders.new_folder(self._root, order, source)
        self._enqueue(folder)
        return folder.id

    def state(self, run_id: str) -> RunState:
        """How far a run is. UnknownRun, in a sentence, where there is none of that name."""
        folder = run_folders.find_folder(self._root, run_id)
        with self._lock:
            job = self._jobs.get(run_id)
            n_before = list(self._jobs).index(run_id) if job is not None else 0
            order, progress = (job.order, job.progress) if job is not None else self._not_noted.get(run_id) or run_folders.as_left(folder)
        n_rows, pace = _rows_of(folder), None if job is None else job.pace
        return RunState(
            run_id, order, progress.status, progress.share, progress.stage, progress.sentence,
            is_stopping=job is not None and job.stop is not None, n_before=n_before, n_rows=n_rows,
            rate=None if pace is None or n_rows is None else pace * n_rows,
            seconds_left=None if not pace else (1 - progress.share) / pace,
            created=progress.created, folder=folder.run,
        )  # fmt: skip

    def cancel(self, run_id: str) -> None:
        """Stop a run at its next step; what is done stays. One that is at its end stays as it is."""
        run_folders.find_folder(self._root, run_id)
        with self._lock:
            job = self._jobs.get(run_id)
            if job is None:
                return
            job.stop = Cancelled
            if job.progress.status == WAITING:  # its turn may be far away
                self._end(job, STOPPED)

    def resume(self, run_id: str) -> None:
        """Go on with a run that was stopped or failed. RunRefused where another server has it, UnknownRun."""
        folder = run_folders.find_folder(self._root, run_id)
        with self._lock:
            if run_id in self._jobs:
                return
            _, progress = self._not_noted.get(run_id) or folder.read()
        if progress.status != DONE:
            self._enqueue(folder, attempts=0)

    def delete(self, run_id: str) -> None:
        """Delete a run and its file; one that runs is stopped first. RunRefused where another server has it, UnknownRun."""
        folder = run_folders.find_folder(self._root, run_id)
        with self._lock:
            if (job := self._jobs.get(run_id)) is not None:
                job.is_deleted = True
                self.cancel(run_id)
                return
        if not folder.take():
            raise RunRefused(_ELSEWHERE)
        folder.let_go()
        self._not_noted.pop(run_id, None)
        shutil.rmtree(folder.path, ignore_errors=True)

    def close(self) -> None:
        """Stop working: whatever is under way goes on when the next one opens the folder."""
        with self._lock:
            self._is_closed = True
            for job in self._jobs.values():
                job.stop = job.stop or _ServerStops
        self._old.close()
        self._queue.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(LEAVE_WITHIN)
        with self._lock:
            for job in [job for job in self._jobs.values() if job.progress.status == WAITING]:
                self._forget(job)
        atexit.unregister(self.close)

    def _take_up(self) -> None:
        left = []
        for folder in run_folders.all_folders(self._root):
            with suppress(run_folders.UnknownRun):
                progress = folder.read()[1]
                if progress.status in UNDER_WAY and progress.attempts < MOST_ATTEMPTS:
                    left.append((progress.created, folder))
        for _, folder in sorted(left, key=lambda pair: pair[0]):
            with suppress(RunRefused):
                self._enqueue(folder)

    def _enqueue(self, folder: RunFolder, **changes: object) -> None:
        if not folder.take():
            raise RunRefused(_ELSEWHERE)
        job = _Job(folder, *folder.read())
        job.save(**changes)
        with self._lock:
            self._jobs[folder.id] = job
            self._not_noted.pop(folder.id, None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work_off, name="runs", daemon=True)
                self._thread.start()
        self._queue.put(job)

    def _work_off(self) -> None:
        while (job := self._queue.get()) is not None:
            if self._jobs.get(job.folder.id) is job and not self._is_closed:  # it may have been stopped while it waited
                try:
                    self._run(job)
                except BaseException as error:  # noqa: BLE001 — not even how it ended could be told: the runs after it still have their turn
                    print(log_lines.told(error), file=sys.stderr)
                    self._forget(job)

    def _run(self, job: _Job) -> None:
        job.save(status=RUNNING, attempts=job.progress.attempts + 1)
        try:
            job.tell(job.progress.stage, job.progress.share)
            self._work(job.folder.id, job.folder.run, job.folder.source(job.order.file), job.order, job.tell)
        except _ServerStops:
            job.save(status=WAITING, attempts=0)
            self._forget(job)
        except Stopped:
            self._end(job, STOPPED)
        except SaliencyError as error:
            self._end(job, FAILED, run_folders.for_page(str(error), job.folder))
        except BaseException as error:  # noqa: BLE001 — the thread serves everyone: it outlives whatever one run meets
            print(log_lines.told(error), file=sys.stderr)
            self._end(job, FAILED, UNFORESEEN.format(type(error).__name__))
        else:
            self._end(job, DONE)

    def _end(self, job: _Job, status: str, sentence: str = "") -> None:
        share = 1.0 if status == DONE else _kept_share(job.folder, job.order)  # what was not written yet is lost
        with self._lock:  # whoever sees that it ended may ask for it again
            if not job.save(status=status, sentence=sentence, stage="", attempts=0, share=share) and not job.is_deleted:
                self._not_noted[job.folder.id] = job.order, job.progress
            self._forget(job)
        if job.is_deleted:
            shutil.rmtree(job.folder.path, ignore_errors=True)

    def _forget(self, job: _Job) -> None:
        with self._lock:
            if self._jobs.get(job.folder.id) is job:
                del self._jobs[job.folder.id]
        job.folder.let_go()


_ELSEWHERE = "Another server on this machine is at this run. Stop it there first."


def _kept_share(folder: RunFolder, order: Order) -> float:
    """Of the rows, those that a run which goes on need not read again."""
    n_rows = _rows_of(folder)
    return min(1.0, len(chunks_done(folder.run)) * order.settings.chunk_rows / n_rows) if n_rows else 0.0


def _rows_of(folder: RunFolder) -> int | None:
    """Rows of the file, once the run has counted them."""
    try:
        return read_manifest(folder.run).n_rows
    except RunError:
        return None
