"""How long work tells what it is doing. Plain Python: whoever waits may sit anywhere."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done, in words, and the share that is done, 0 to 1. May raise to stop the work; whatever it
raises passes through, and what was half done is undone."""


def silent(stage: str, share: float) -> None:
    """Nobody listens."""
