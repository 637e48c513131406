"""Wait for what other threads do."""

import time
from collections.abc import Callable

PATIENCE = 5.0  # seconds


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Return once the condition holds; fail after so many seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited for {patience:.0f} seconds in vain"
        time.sleep(0.005)
