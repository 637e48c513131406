"""The folders of runs over files: what was asked, how far it is, the file itself, and what `core.corpus` writes. No torch, no Streamlit.

<root>/<run id>/job.json   order and progress
<root>/<run id>/input      the bytes of the file
<root>/<run id>/run/       the run's own folder, of `core.corpus.store`
<root>/<run id>/.lock      held by the server that has the run waiting or running
<root>/<run id>.old        the run is about to be deleted (`old_runs`)
"""

import json
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from filelock import FileLock, Timeout

from core.calibration_store import home
from core.corpus.store import CHUNKS
from core.errors import DataError, SaliencyError, quoted
from core.tables.source import Source
from dashboard.run_state import STOPPED, UNDER_WAY, Order, Progressed

FOLDER_VARIABLE = "LAYER_SALIENCY_RUNS"
KEPT_DAYS = 7
SCHEMA = "layer-saliency/job/1"
RUN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_ID_BYTES = 16
_JOB, _INPUT, _RUN, _LOCK = "job.json", "input", "run", ".lock"
_OPTION = re.compile(r" \(--[a-z-]+\)")
_BEGAN = time.time() - time.monotonic()  # the system's clock may jump later


class UnknownRun(SaliencyError):
    """There is no run of that name here."""


class RunRefused(SaliencyError):
    """What is asked of a run can't be done now."""


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path):
        self.path = path
        self.id = path.name
        self.run = path / _RUN
        self._lock = FileLock(path / _LOCK, timeout=0, thread_local=False)

    def read(self) -> tuple[Order, Progressed]:
        """What was asked, and how far it is. UnknownRun where the folder is gone or holds something else."""
        try:
            saved = json.loads((self.path / _JOB).read_text(encoding="utf-8"))
            if saved["schema"] != SCHEMA:
                raise ValueError(f"schema {saved['schema']!r}")
            return Order.from_dict(saved["order"]), Progressed.from_dict(saved["progress"])
        except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise UnknownRun(no_such_run()) from None

    def write(self, order: Order, progress: Progressed) -> None:
        """Whole or not at all. OSError, a full disk above all."""
        state = {"schema": SCHEMA, "order": order.as_dict(), "progress": asdict(progress)}
        part = self.path / f"{_JOB}.part"
        part.write_bytes(json.dumps(state, indent=1, ensure_ascii=False).encode("utf-8", "replace"))
        os.replace(part, self.path / _JOB)

    def source(self, name: str) -> Source:
        """The file."""
        return Source(name, path=self.path / _INPUT)

    def take(self) -> bool:
        """Hold it for this server; False where another one does."""
        with suppress(Timeout, OSError):
            self._lock.acquire()
            return True
        return False

    def let_go(self) -> None:
        """Anybody may hold it again."""
        with suppress(OSError):
            self._lock.release()

    def keep_file(self, source: Source) -> None:
        """Copy the file here. OSError."""
        with source.open() as file, (self.path / _INPUT).open("wb") as copy:
            shutil.copyfileobj(file, copy)


def now() -> float:
    """Seconds since 1970 by this server's own clock, which nobody can set."""
    return _BEGAN + time.monotonic()


def age(created: float) -> float:
    """Seconds since then, by this server's own clock or the system's, whichever gives less: the one may have begun wrong, the other
    may have jumped."""
    return min(now(), time.time()) - created


def chosen_root() -> Path:
    """$LAYER_SALIENCY_RUNS, else below the person's own folder."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    return Path(named).expanduser() if named else home() / "runs"


def new_folder(root: Path, order: Order, source: Source) -> RunFolder:
    """A folder for a run, with its file in it. DataError where it can't be written."""
    folder = RunFolder(root / secrets.token_urlsafe(_ID_BYTES))
    try:
        make_private(root)
        folder.path.mkdir(mode=0o700)
        folder.keep_file(source)
        folder.write(order, Progressed(created=now()))
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise DataError(
            f"The run's folder can't be written: {error.strerror or error}. Whoever runs the server can make room, or set {FOLDER_VARIABLE} to "
            "another folder; your file is still here."
        ) from None
    return folder


def make_private(root: Path) -> None:
    """Make the folder of all runs, which nobody else on the machine may look into. OSError."""
    root.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # one that belongs to somebody else stays as it is
        root.chmod(0o700)


def find_folder(root: Path, run_id: str) -> RunFolder:
    """The folder of a run. The name may come from an address: nothing but a name that a run can have is looked for."""
    if not RUN_ID.fullmatch(run_id) or not (root / run_id).is_dir():
        raise UnknownRun(no_such_run())
    return RunFolder(root / run_id)


def all_folders(root: Path) -> list[RunFolder]:
    """Every run's folder."""
    with suppress(OSError):
        return [RunFolder(path) for path in sorted(root.iterdir()) if RUN_ID.fullmatch(path.name) and path.is_dir()]
    return []


def created(folder: RunFolder) -> float | None:
    """When its run was begun, as its note says; None where it says nothing that can be read."""
    try:
        return folder.read()[1].created
    except UnknownRun:
        return None


def written(folder: RunFolder) -> float | None:
    """When its note was last written, or else its file; None where it has neither."""
    for name in (_JOB, _INPUT):
        with suppress(OSError):
            return (folder.path / name).stat().st_mtime
    return None


def as_left(folder: RunFolder) -> tuple[Order, Progressed]:
    """How the disk has a run that this server isn't at: one that no server is at any more stands still."""
    order, progress = folder.read()
    if progress.status in UNDER_WAY and folder.take():
        folder.let_go()
        progress = replace(progress, status=STOPPED, sentence=INTERRUPTED)
    return order, progress


def for_page(sentence: str, folder: RunFolder) -> str:
    """What was said of a run, without where it lies on the server and without what to type in a shell."""
    for path in (folder.run / CHUNKS, folder.run, folder.path):
        sentence = sentence.replace(quoted(str(path)), "the run’s folder").replace(f"the folder {path}", "the run’s folder")
    sentence = sentence.replace(quoted(str(folder.source("").path)), "the run’s file").replace(str(folder.path), "the run’s folder")
    return _OPTION.sub("", sentence)


INTERRUPTED = "The server was stopped while this run was under way. Go on with the rest."


def no_such_run() -> str:
    """A sentence for an address that names no run."""
    return (
        f"There is no such run here. Runs are deleted {KEPT_DAYS} days after they were begun, or by the person who began them; or the address is "
        "not whole. Analyse the file again."
    )
