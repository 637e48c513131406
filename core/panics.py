"""Panics of libraries written in Rust, told as errors of our own. No torch."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import SaliencyError

PANIC = "PanicException"  # of pyo3: no module exports the class, so that its name is all there is to know it by


@contextmanager
def panics_as(error: type[SaliencyError], sentence: str) -> Iterator[None]:
    """While it lasts, a panic is raised as `error(sentence)`. It is a BaseException, which no `except Exception` would catch."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != PANIC:
            raise
        raise error(sentence) from panic
