"""What a page offered to save, and what was saved, stays within reach for a minute.

Streamlit 1.67 deletes a file that was made on a press when two runs have ended after it, whoever's; and at the end of any run it takes what
buttons would make that their session has drawn anew, or is about to, whether or not its browser knows. Where two people work at once, or
the line is slow, a browser would ask in vain.
"""

import time
from collections import defaultdict
from weakref import WeakKeyDictionary

from streamlit.runtime import runtime
from streamlit.runtime.media_file_manager import MediaFileManager, MediaFileMetadata
from streamlit.runtime.media_file_storage import MediaFileStorage

KEPT = 60.0  # seconds
MOST_BYTES = 256 * 2**20  # of files that no page refers to; of more, the newest stay, and the one that goes beyond it
MOST_BUTTONS = 64  # of a session, that it has drawn anew: of its last page or two; of more, the newest


class KeptFiles(MediaFileManager):
    """Streamlit's own, but in less of a hurry."""

    def __init__(self, storage: MediaFileStorage):
        super().__init__(storage)
        self._left: WeakKeyDictionary[MediaFileMetadata, float] = WeakKeyDictionary()  # a file that no page refers to → since when
        self._drawn_anew: dict[str, float] = {}  # the number of a button that no page refers to → since when

    def clear_session_refs(self, session_id: str | None = None) -> None:
        """Without a session: a run of one begins. With one: it ends, and takes its buttons along."""
        super().clear_session_refs(session_id)
        if session_id is not None:
            with self._lock:
                for button in list(self._deferred_ids_by_session.get(session_id, ())):
                    self._drop_deferred_id(button)

    def _get_inactive_file_ids(self) -> set[str]:
        now, held, gone = time.monotonic(), 0, set()
        since = {file: self._left.setdefault(self._file_metadata[file], now) for file in super()._get_inactive_file_ids()}
        for file in sorted(since, key=since.__getitem__, reverse=True):
            if now - since[file] >= KEPT or held > MOST_BYTES:
                gone.add(file)
            held += self._storage.get_file(file).content_size
        return gone

    def _remove_orphaned_deferred_callables(self) -> None:
        now = time.monotonic()
        drawn = {file for files in self._files_by_session_and_coord.values() for file in files.values()}
        orphans = [button for button in self._deferred_callables if button not in drawn]
        self._drawn_anew = {button: self._drawn_anew.get(button, now) for button in orphans}
        newer: defaultdict[str, int] = defaultdict(int)
        for button in reversed(orphans):
            session = self._deferred_callables[button]["session_id"]
            if now - self._drawn_anew[button] >= KEPT or newer[session] >= MOST_BUTTONS:
                self._drop_deferred_id(button)
            newer[session] += 1


def keep() -> None:
    """From here on, servers begin with such files."""
    runtime.MediaFileManager = KeptFiles
