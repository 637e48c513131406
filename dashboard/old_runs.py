"""Deletes the runs that are older than they may become. No torch, no Streamlit.

The clock of a machine may be wrong when the server starts, or jump later, and a wrong clock must not delete anybody's run: one is
deleted when it was old at two looks, an hour apart or with a start of the server between, and at all looks in between.
"""

import shutil
import threading
import time
from contextlib import suppress
from math import inf
from pathlib import Path

from dashboard import run_folders
from dashboard.run_folders import KEPT_DAYS, RunFolder, UnknownRun

EVERY = 3600.0  # seconds between two looks
_MARK = ".old"  # <run id>.old stands beside the folder of a run that was old at the last look


class OldRuns:
    """Looks at once and every hour, until it is closed."""

    def __init__(self, root: Path):
        self._root, self._lock, self._closed = root, threading.Lock(), threading.Event()
        self._since = {folder.id: -inf for folder in run_folders.all_folders(root) if _mark(folder).exists()}
        self.look()
        threading.Thread(target=self._look_on, name="old runs", daemon=True).start()

    def look(self) -> None:
        """Delete what has been old for an hour and what no server has in its hands; note what is old now."""
        with self._lock:
            old = [folder for folder in run_folders.all_folders(self._root) if self._is_old(folder)]
            self._since = {folder.id: self._since.get(folder.id, time.monotonic()) for folder in old}
            for folder in old:
                if time.monotonic() - self._since[folder.id] >= EVERY and folder.take():
                    folder.let_go()
                    shutil.rmtree(folder.path, ignore_errors=True)
                    _mark(folder).unlink(missing_ok=True)

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _look_on(self) -> None:
        while not self._closed.wait(EVERY):
            self.look()

    @staticmethod
    def _is_old(folder: RunFolder) -> bool:
        with suppress(OSError):  # somebody else deletes it just now
            try:
                created = folder.read()[1].created
            except UnknownRun:
                created = folder.path.stat().st_mtime
            is_old = run_folders.age(created) > KEPT_DAYS * 24 * 3600
            _mark(folder).touch() if is_old else _mark(folder).unlink(missing_ok=True)
            return is_old
        return False


def _mark(folder: RunFolder) -> Path:
    return folder.path.with_name(folder.id + _MARK)
