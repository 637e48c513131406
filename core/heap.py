"""The C library's memory: few places for it, and what is free given back to the system. No torch.

A C library that keeps such places (arenas) for each thread hands hardly any memory back where threads come and go, as they do with
every visitor: each arena keeps what it once needed. glibc opens 8 for each processor unless told otherwise.
"""

import ctypes
import sys

MOST_ARENAS = 2  # one for the main thread, one for all others: the interpreter lets one thread at a time ask for memory anyway
_M_ARENA_MAX = -8  # of malloc.h, https://man7.org/linux/man-pages/man3/mallopt.3.html


def keep_few_arenas() -> bool:
    """Limit the arenas of this process; whether that was possible: it is with glibc, and elsewhere there is nothing to limit."""
    return _call("mallopt", _M_ARENA_MAX, MOST_ARENAS)


def trim() -> bool:
    """Give what is free back to the system, in 0.01 s for a busy server; whether anything was given: only with glibc.

    Without it, a server with lessons of 12 people stood at 850 to 1,130 MB between two of them, with it at 800 to 870.
    """
    return _call("malloc_trim", 0)


def _call(name: str, *given: int) -> bool:
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    return function is not None and bool(function(*given))
