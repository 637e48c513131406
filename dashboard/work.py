"""Questions on their way to the engine: one at a time at the device, each computed once, and stopped when nobody waits."""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from core.errors import SaliencyError
from dashboard import wording

LONGEST_WAIT = 60.0  # seconds a question waits for the device before it is told to come back
POLL = 0.1  # seconds between two looks whether anyone still waits
ABANDONED = 2.0  # seconds without anyone asking for it after which work stops; a rerun of the page joins well within


class Busy(SaliencyError):
    """The device was taken for too long."""


class Superseded(Exception):
    """Nobody waits for this work any more."""


class Work:
    """Shared by the thread that computes, which calls `tell`, and those that wait, which call `want`."""

    def __init__(self):
        self.stage, self.share = wording.WAITING, 0.0
        self.want()

    def want(self) -> None:
        """Called by whoever waits, again and again."""
        self.wanted_at = time.monotonic()

    def tell(self, stage: str, share: float) -> None:
        """Called by the engine between its steps; the place where superseded work stops."""
        self.stage, self.share = stage, share
        if time.monotonic() - self.wanted_at > ABANDONED:
            raise Superseded

    @contextmanager
    def turn(self, device: threading.Lock) -> Iterator[None]:
        """Hold the device; waiting for it ends when nobody wants the answer any more, or in Busy."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not device.acquire(timeout=POLL):
            self.tell(wording.WAITING, 0.0)
            if time.monotonic() > deadline:
                raise Busy(wording.BUSY)
        try:
            yield
        finally:
            device.release()


class Desk:
    """What all sessions of a process share: the threads that compute, their locks, and the questions under way."""

    def __init__(self, n_threads: int = 16):
        self.loading, self.device = threading.Lock(), threading.Lock()
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="explain")
        self._asking = threading.Lock()
        self._under_way: dict[Hashable, tuple[Future, Work]] = {}

    def ask(self, question: Hashable, compute: Callable[[Work], object]) -> tuple[Future, Work]:
        """The answer to come and the work on it; a question that is under way already is joined, not asked again."""
        with self._asking:
            future, work = self._under_way.get(question, (None, None))
            if future is None or future.done():
                work = Work()
                future = self._threads.submit(compute, work)
                self._under_way[question] = future, work
                future.add_done_callback(lambda done: self._forget(question, done))
            work.want()
            return future, work

    def _forget(self, question: Hashable, done: Future) -> None:
        if self._under_way.get(question, (None,))[0] is done:
            del self._under_way[question]
