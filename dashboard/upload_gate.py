"""How much the server holds of what was sent and not read yet. Of size Streamlit asks file by file, of number and sum nowhere.

A page's drop zone takes what it is given at once, so that more than this waits only for somebody who sends past the page.
"""

import re
from collections.abc import Iterable

from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.headers import refuse
from dashboard.uploads import MOST_BYTES, MOST_FILES

MOST_WAITING, MOST_BYTES_WAITING = 2 * MOST_FILES, 2 * MOST_BYTES  # of a session: the page itself says it of what is a little too much
MOST_BYTES_OF_ALL = 10 * MOST_BYTES_WAITING  # of all sessions together
_UPLOAD = re.compile(r"(?s).*/_stcore/upload_file/([^/]+)/([^/]+)")
_MB = 2**20


class UploadGate:
    """ASGI middleware that refuses files beyond that, before they are read."""

    def __init__(self, app):
        self.app = app
        self._coming: dict[object, tuple[str, int]] = {}  # a request under way → session, bytes

    async def __call__(self, scope, receive, send):
        """Pass the request on, or refuse it."""
        found = _UPLOAD.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if found is None:
            return await self.app(scope, receive, send)
        size, request = _announced(scope["headers"]), object()
        held = [(session, n_bytes) for (session, name), n_bytes in _held().items() if (session, name) != (found[1], found[2])]
        waiting = [*held, *self._coming.values()]  # without the file whose place this one takes
        own = [n_bytes for session, n_bytes in waiting if session == found[1]]
        if len(own) >= MOST_WAITING or sum(own) + size > MOST_BYTES_WAITING:
            return await refuse(send, 413, "Too many files wait here. Have the page read those that were sent first.")
        if sum(n_bytes for _, n_bytes in waiting) + size > MOST_BYTES_OF_ALL:
            return await refuse(send, 503, "Other people's files fill the room for files just now. Send yours again in a minute.")
        self._coming[request] = found[1], size
        try:
            return await self.app(scope, receive, send)
        finally:
            self._coming.pop(request)


def let_go(files: Iterable) -> None:
    """Have Streamlit hold these files, which were read, no longer; it would until the session ends."""
    if (context := get_script_run_ctx()) is not None:
        for file in files:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Bytes of a request; the most that Streamlit reads of one that doesn't say, or comes in pieces whatever it says."""
    known = {name.lower(): value for name, value in headers}
    said = b"" if b"transfer-encoding" in known else known.get(b"content-length", b"")
    return int(said) if said.isdigit() else config.get_option("server.maxUploadSize") * _MB


def _held() -> dict[tuple[str, str], int]:
    """(session, file) → bytes, of all that Streamlit holds."""
    if not runtime.exists():
        return {}
    storage = runtime.get_instance().uploaded_file_mgr.file_storage
    return {(session, name): len(file.data) for session, files in list(storage.items()) for name, file in list(files.items())}
