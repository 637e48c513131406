"""Folders for what a target writes, gone when the program ends."""

from pathlib import Path
from tempfile import TemporaryDirectory

_KEPT: list[TemporaryDirectory] = []


def new_folder() -> Path:
    """An empty one."""
    _KEPT.append(TemporaryDirectory(prefix="fuzz-"))
    return Path(_KEPT[-1].name)


def remove_folders() -> None:
    """For a program that ends without Python's own way of doing so."""
    while _KEPT:
        _KEPT.pop().cleanup()
