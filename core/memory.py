"""When a device's memory does not suffice: fewer rows at a time, then the CPU, then a sentence."""

import traceback
from collections.abc import Callable
from typing import TypeVar

from core.devices import is_out_of_memory, release_memory
from core.errors import SaliencyError
from core.progress import Progress, silent

MOVED = "The device's memory is full: using the processor"
Result = TypeVar("Result")


class MemoryFull(SaliencyError):
    """The work fits into no device's memory."""


def in_pieces(run: Callable[[slice], Result], n: int, device: str, size: int | None = None) -> list[Result]:
    """`run(slice)` over the rows 0 to n, `size` at a time (None: all at once); what doesn't fit into memory is done in
    halves, and so is all that follows. Raises the device's own error where one row alone is too much.

    `run` must give the same for a row whichever rows stand beside it, and be free to run again after it has failed.
    """
    results, start, size = [], 0, n if size is None else size
    while start < n:
        rows = slice(start, min(start + size, n))
        try:
            results.append(run(rows))
        except Exception as error:
            taken = rows.stop - rows.start
            if taken == 1 or not is_out_of_memory(error):
                raise
            without_locals(error)
            size = (taken + 1) // 2
        else:
            start = rows.stop
            continue
        release_memory(device)  # not before the error is gone: it holds what was being computed
    return results


def where_it_fits(run: Callable[[str], Result], device: str, progress: Progress = silent) -> Result:
    """`run(device)`, or `run("cpu")` where the device's memory does not suffice. Raises MemoryFull where neither does."""
    for place in dict.fromkeys((device, "cpu")):
        if place != device:
            progress(MOVED, 0.0)
        try:
            return run(place)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            without_locals(error)
        release_memory(place)
    places = "the memory of this machine" if device == "cpu" else f"the memory of the device “{device}” or of the processor"
    raise MemoryFull(f"This analysis does not fit into {places}. Give a shorter text, fewer rows, or a smaller model.")


def without_locals(error: BaseException) -> BaseException:
    """The error, the frames it came through emptied: they hold every tensor that was being computed."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error
