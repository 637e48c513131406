"""Bytes from the hub to this machine: told of while they come, stopped when nobody wants them, resumed where they broke off.

huggingface_hub throws a broken download away (2.4.0), so its large files are streamed here, through its own session, into the
place where its cache looks for them. What is half there bears another name, and gets its own only when its checksum is right.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from filelock import FileLock, Timeout
from huggingface_hub import constants, get_session
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]  # exported lazily

from core.progress import Progress

ATTEMPTS = 5  # in a row without a single new byte
PAUSE = 1.0  # seconds before the second attempt, doubled each time
POLL = 0.1  # seconds between two looks at whether the work still goes on

Result = TypeVar("Result")


class Stopped(Exception):
    """Nobody waits for this transfer any more."""


class DamagedError(Exception):
    """A file arrived whole, but is not the one that the hub promised."""


@dataclass
class Transfer:
    """How far a download is; written by one thread, read by another."""

    total: int = 0
    """Bytes that have to come."""
    done: int = 0
    """Bytes that came, or lay here from an earlier attempt."""
    stage: str = ""
    """What is being done where it isn't the download itself."""
    stop: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises Stopped once nobody waits any more."""
        if self.stop.is_set():
            raise Stopped

    def tell(self) -> tuple[str, float]:
        """What `progress` is told."""
        share = min(self.done / self.total, 1.0) if self.total else 0.0
        digits = 0 if self.total >= 10e6 else 1
        return self.stage or f"Downloading {self.done / 1e6:,.{digits}f} of {self.total / 1e6:,.{digits}f} MB", share


def watch(work: Callable[[], Result], transfer: Transfer, progress: Progress) -> Result:
    """Do `work` in a thread of its own while this one tells `progress`, which may raise at any time: the work then stops.

    So a server that says nothing for seconds holds up nobody who wants to leave, and `progress` is called by this thread alone.
    """
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["result"] = work()
        except BaseException as error:  # noqa: BLE001 — carried over to the caller's thread
            outcome["error"] = error

    thread = threading.Thread(target=run, name="hub transfer", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            progress(*transfer.tell())
            thread.join(POLL)
    except BaseException:
        transfer.stop.set()
        thread.join(2 * POLL)  # as a rule it ends here; stuck in the network, it ends by itself at the next time-out
        raise
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


def fetch(url: str, target: Path, size: int, sha256: str, transfer: Transfer) -> None:
    """Bring the file at `url`, of known `size` in bytes and checksum, to `target`, from where an earlier attempt broke off."""
    with _locked(target, transfer):
        if target.exists():
            transfer.done += size
            return
        partial = partial_of(target)
        partial.parent.mkdir(parents=True, exist_ok=True)
        if partial.exists() and partial.stat().st_size > size:
            partial.unlink()
        transfer.done += partial.stat().st_size if partial.exists() else 0
        _stream_all(url, partial, size, transfer)
        transfer.stage = "Checking what was downloaded"
        if partial.stat().st_size != size or _checksum(partial, transfer) != sha256:
            partial.unlink()  # every further attempt would build on the damage
            raise DamagedError(url.rsplit("/", 1)[-1])
        os.replace(partial, target)
        transfer.stage = ""


def blob_of(repo: str, sha256: str) -> Path:
    """Where huggingface_hub's cache keeps a large file of a repository."""
    cache = Path(constants.HF_HUB_CACHE).expanduser().resolve()
    return cache / repo_folder_name(repo_id=repo, repo_type="model") / "blobs" / sha256


def partial_of(target: Path) -> Path:
    """Where a file lies until it is whole: the name under which the cache never looks for it."""
    return target.with_name(f"{target.name}.incomplete")


@contextmanager
def _locked(target: Path, transfer: Transfer) -> Iterator[None]:
    """The lock that huggingface_hub itself takes for this file, so that two programs never write the same one."""
    repository = target.parents[1]
    folder = repository.parent / ".locks" / repository.name
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{target.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        transfer.stage = "Waiting for another download of the same file"
        try:
            lock.acquire(poll_interval=POLL, cancel_check=transfer.stop.is_set)
        except Timeout:
            raise Stopped from None
        transfer.stage = ""
    try:
        yield
    finally:
        lock.release()


def _stream_all(url: str, partial: Path, size: int, transfer: Transfer) -> None:
    """Append to `partial` until it holds `size` bytes, over as many connections as it takes."""
    fruitless = 0
    while True:
        had = partial.stat().st_size if partial.exists() else 0
        if had >= size and partial.exists():
            return
        try:
            _stream(url, partial, had, transfer)
            error: Exception = httpx2.RemoteProtocolError("the connection ended early")
        except httpx2.TransportError as broken:
            error = broken
        except HfHubHTTPError as answer:
            if answer.response.status_code < 500:
                raise
            error = answer
        got = partial.stat().st_size if partial.exists() else 0
        if got >= size:
            return
        fruitless = 0 if got > had else fruitless + 1
        if fruitless >= ATTEMPTS:
            raise error
        transfer.stop.wait(PAUSE * 2 ** max(fruitless - 1, 0))
        transfer.check()


def _stream(url: str, partial: Path, had: int, transfer: Transfer) -> None:
    """One connection: ask for what is still missing and append it."""
    headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    # The session follows redirects to the hub's storage and, as the host is another one, leaves the token behind.
    with get_session().stream(
        "GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT, follow_redirects=True
    ) as response:
        if response.status_code == 416:  # what lies here is no beginning of that file
            transfer.done -= had
            partial.unlink()
            return
        hf_raise_for_status(response)
        if had and response.status_code != 206:  # the server sends it all again
            transfer.done -= had
            had = 0
        with partial.open("ab" if had else "wb") as file:
            for block in response.iter_bytes():  # as they come: larger blocks would be lost where the line breaks
                transfer.check()
                file.write(block)
                transfer.done += len(block)


def _checksum(file: Path, transfer: Transfer) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(2**22):
            transfer.check()
            digest.update(block)
    return digest.hexdigest()
