"""Deletes the runs that are older than they may become. No torch, no Streamlit.

The clock of a machine may be ahead when the server starts, or jump later, and that must not delete anybody's run: one is deleted
when it was old at two looks that are an hour apart, by whatever clock there is, and at all looks between them.
"""

import shutil
import threading
import time
from contextlib import suppress
from math import inf
from pathlib import Path

from dashboard import run_folders
from dashboard.run_folders import KEPT_DAYS, RunFolder

EVERY = 3600.0  # seconds between two looks
_MARK = ".old"  # <run id>.old stands beside the folder of a run that is old, since it was first found to be so


class OldRuns:
    """Looks at once and every hour, until it is closed."""

    def __init__(self, root: Path):
        self._root, self._lock, self._closed = root, threading.Lock(), threading.Event()
        self._since = {mark.stem: -inf for mark in root.glob(f"*{_MARK}") if _age_of(mark) >= EVERY}
        self.look()
        threading.Thread(target=self._look_on, name="old runs", daemon=True).start()

    def look(self) -> None:
        """Delete what has been old for an hour and what no server has in its hands; mark what is old now."""
        with self._lock:
            old = {folder.id: folder for folder in run_folders.all_folders(self._root) if _is_old(folder)}
            self._since = {name: self._since.get(name, time.monotonic()) for name in old}
            for name, folder in old.items():
                if time.monotonic() - self._since[name] >= EVERY and folder.take():
                    folder.let_go()
                    shutil.rmtree(folder.path, ignore_errors=True)
            self._set_marks({name for name, folder in old.items() if folder.path.exists()})

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _look_on(self) -> None:
        while not self._closed.wait(EVERY):
            self.look()

    def _set_marks(self, old: set[str]) -> None:
        with suppress(OSError):  # on a full disk there are no marks, and this server remembers by itself
            marked = {mark.stem for mark in self._root.glob(f"*{_MARK}")}
            for name in marked - old:
                (self._root / f"{name}{_MARK}").unlink(missing_ok=True)
            for name in old - marked:
                (self._root / f"{name}{_MARK}").touch()


def _is_old(folder: RunFolder) -> bool:
    """Whether it was begun too long ago. What is no folder of a run is not ours to delete."""
    kept, written = KEPT_DAYS * 24 * 3600, run_folders.written(folder)
    if written is None:
        return False
    created = run_folders.created(folder) or written
    if written - created > kept:  # it would have been deleted by then: the clock was behind when it was begun
        created = written
    return run_folders.age(created) > kept


def _age_of(mark: Path) -> float:
    with suppress(OSError):  # another server took it away just now
        return run_folders.age(mark.stat().st_mtime)
    return -inf
