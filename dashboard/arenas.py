"""Few places for memory that is asked for and given back.

A C library that keeps such places (arenas) for each thread hands hardly any memory back where threads come and go, as they do with
every visitor: each arena keeps what it once needed. glibc opens 8 for each processor unless told otherwise.
"""

import ctypes
import sys
from contextlib import suppress

MOST = 2  # one for the main thread, one for all others: the interpreter lets one thread at a time ask for memory anyway
_M_ARENA_MAX = -8  # of malloc.h, https://man7.org/linux/man-pages/man3/mallopt.3.html


def keep_few() -> bool:
    """Limit the arenas of this process; whether that was possible: it is with glibc, and elsewhere there is nothing to limit."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            return bool(ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, MOST))
    return False
