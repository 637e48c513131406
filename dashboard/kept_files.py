"""Files that were made stay for a minute, and what a page still shows can be asked for until its next picture stands.

Streamlit 1.67 deletes a file that was made on a press when two runs have ended after it, whoever's: where two people work at once, or the
line is slow, the browser may find it gone. And while a page works on its next picture, the end of anybody else's run takes what the
buttons on it would make.
"""

import time
from weakref import WeakKeyDictionary, WeakValueDictionary

from streamlit.runtime import runtime
from streamlit.runtime.media_file_manager import MediaFileManager, MediaFileMetadata
from streamlit.runtime.media_file_storage import MediaFileStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx

KEPT = 60.0  # seconds that a file stays which no page refers to
MOST_BYTES = 256 * 2**20  # of such files; beyond it, only the newest


class KeptFiles(MediaFileManager):
    """Streamlit's own, but in less of a hurry."""

    def __init__(self, storage: MediaFileStorage):
        super().__init__(storage)
        self._left: WeakKeyDictionary[MediaFileMetadata, float] = WeakKeyDictionary()  # a file that no page refers to → since when
        self._newest: WeakValueDictionary[str, object] = WeakValueDictionary()  # session → its run that began last

    def clear_session_refs(self, session_id: str | None = None) -> None:
        """A run begins, which names no session: what its page shows stays within reach. Or this session ends."""
        run = get_script_run_ctx(suppress_warning=True)
        if session_id is not None:
            super().clear_session_refs(_shown(session_id))
        elif run is not None:
            with self._lock:
                of = self._files_by_session_and_coord
                of[_shown(run.session_id)] = {file: file for key in (run.session_id, _shown(run.session_id)) for file in of[key].values()}
                self._newest[run.session_id] = run
        super().clear_session_refs(session_id)

    def remove_orphaned_files(self) -> None:
        """At the end of a run, which may have been replaced by another; or at any time."""
        run = get_script_run_ctx(suppress_warning=True)
        if run is not None and self._newest.get(run.session_id) is run:
            super().clear_session_refs(_shown(run.session_id))
        super().remove_orphaned_files()

    def _get_inactive_file_ids(self) -> set[str]:
        now, held, gone = time.monotonic(), 0, set()
        since = {file: self._left.setdefault(self._file_metadata[file], now) for file in super()._get_inactive_file_ids()}
        for file in sorted(since, key=since.__getitem__, reverse=True):
            if now - since[file] >= KEPT or held > MOST_BYTES:
                gone.add(file)
            held += self._storage.get_file(file).content_size
        return gone


def keep() -> None:
    """From here on, servers begin with such files."""
    runtime.MediaFileManager = KeptFiles


def _shown(session: str) -> str:
    """Whose files those are that a page shows while its next run is under way, as Streamlit counts them."""
    return f"{session}, shown"
