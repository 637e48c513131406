"""One question on its way to the engine: how far it is, whether anyone still waits for it, and its turn at the device."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import SaliencyError
from dashboard import wording

LONGEST_WAIT = 60.0  # seconds a question waits for the device before it is told to come back
POLL = 0.1  # seconds between two looks whether anyone still waits


class Busy(SaliencyError):
    """The device was taken for too long."""


class Superseded(Exception):
    """Nobody waits for this work any more."""


class Work:
    """Shared by the thread that computes, which calls `tell`, and the one that shows how far it is."""

    def __init__(self):
        self.stage, self.share, self.is_wanted = wording.WAITING, 0.0, True

    def tell(self, stage: str, share: float) -> None:
        """Called by the engine between its steps; the place where superseded work stops."""
        self.stage, self.share = stage, share
        if not self.is_wanted:
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
