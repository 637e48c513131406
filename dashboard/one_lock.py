"""One lock for what a session remembers, whichever of its runs is at it.

Streamlit 1.67 gives every run of a page a lock of its own over the same state. With `runner.fastReruns` the run that is being
replaced and the one that replaces it are at it together: among 1,000 quick reruns one ended in a RuntimeError, as the state
grew while its keys were gone through.
"""

import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.state import SafeSessionState, SessionState

_guard = threading.Lock()
_locks: WeakValueDictionary[int, threading.RLock] = WeakValueDictionary()  # id of a session's state → its lock, while any run is at it


class LockedOnce(SafeSessionState):
    """What a run sees of its session: under the lock of all runs of this session."""

    def __init__(self, state: SessionState, yield_callback: Callable[[], None]) -> None:
        super().__init__(state, yield_callback)
        with _guard:
            lock = _locks.get(id(state))
            if lock is None:
                lock = _locks[id(state)] = self._lock
        object.__setattr__(self, "_lock", lock)


def share() -> None:
    """From here on, runs share their session's lock. The threads that make files for download keep one of their own: a run may
    wait for such a thread while it holds the lock.
    """
    script_runner.SafeSessionState = LockedOnce
