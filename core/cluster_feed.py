"""What stands beside the driver of a run on a cluster: who reads the file, never far ahead, and who counts. Neither Ray nor torch."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.corpus.chunks import chunks_of, write_items
from core.corpus.store import Manifest, chunk_path
from core.tables.format import Limits
from core.tables.source import Source

PAUSE = 0.05  # seconds between two looks at the run folder


@dataclass(frozen=True)
class Feed:
    """Gives, when called, every chunk that isn't done as a table of one row, (index, rows of the chunk as JSON).

    A chunk is given only while fewer than `most()` are without their file, counted from the oldest of them. The run folder is
    all that it goes by, so that a task that is run again, as happens after a loss, gives the same chunks again.
    """

    folder: Path
    source: Source
    manifest: Manifest
    limits: Limits
    done: frozenset[int]
    """Chunks that are not asked for."""
    most: Callable[[], int]

    def __call__(self, _: object = None) -> Iterator[Any]:
        import pyarrow as pa

        given: deque[int] = deque()
        for index, items in chunks_of(self.source, self.manifest, self.limits):
            if index in self.done:
                continue
            while len(given) >= self.most():
                if chunk_path(self.folder, given[0]).exists():
                    given.popleft()
                else:
                    time.sleep(PAUSE)
            given.append(index)
            yield pa.table({"index": [index], "rows": pa.array([write_items(items)], pa.large_string())})


class Tries:
    """How often each chunk was begun."""

    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()

    def begin(self, index: int) -> int:
        """How often with this time."""
        self.begun[index] += 1
        return self.begun[index]
