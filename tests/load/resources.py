"""What the server's process holds as time goes by: memory, file handles, threads (Linux)."""

import asyncio
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 1.0  # seconds between two looks
WARM_UP = 0.4  # of the time: caches fill, threads start, the allocator settles
FLAT_SHARE, FLAT_BYTES, FLAT_HANDLES = 0.05, 48 * 2**20, 16  # what may be gained over the rest of the time


@dataclass
class Watch:
    """One process, looked at again and again."""

    pid: int
    seconds: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    """Bytes."""
    handles: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    at_rest: int | None = None
    """Bytes that are held when all work is done; None: nobody looked then."""

    async def look_on(self) -> None:
        """Look every second, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(EVERY)

    def look(self) -> None:
        """Look once."""
        self.seconds.append(time.monotonic())
        self.resident.append(self._resident_now())
        self.handles.append(len(os.listdir(f"/proc/{self.pid}/fd")))
        self.threads.append(len(os.listdir(f"/proc/{self.pid}/task")))

    def look_at_rest(self) -> None:
        """Look when all work is done."""
        self.at_rest = self._resident_now()

    def _resident_now(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    def gained(self, values: list[int]) -> float:
        """How much a straight line through what was seen after the warm-up rises from its beginning to its end."""
        start = int(len(values) * WARM_UP)
        seconds, values = self.seconds[start:], values[start:]
        if len(values) < 3:
            return 0.0
        middle, level = sum(seconds) / len(seconds), sum(values) / len(values)
        spread = sum((at - middle) ** 2 for at in seconds)
        slope = sum((at - middle) * (value - level) for at, value in zip(seconds, values)) / spread
        return slope * (seconds[-1] - seconds[0])

    def faults(self) -> list[str]:
        """Sentences on what was not flat after the warm-up, and on memory that is held though nobody needs it any more."""
        found, start = [], int(len(self.resident) * WARM_UP)
        most = max(FLAT_BYTES, FLAT_SHARE * self.resident[start])
        usual = statistics.median(self.resident[start:])
        if self.at_rest is not None and self.at_rest > usual + most:
            found.append(f"At rest {self.at_rest / 1e6:,.0f} MB are held, and {usual / 1e6:,.0f} MB in the median before.")
        memory, handles = self.gained(self.resident), self.gained(self.handles)
        if memory > most:
            found.append(f"Memory is not flat: {memory / 1e6:,.0f} MB were gained after the warm-up, at most {most / 1e6:,.0f} MB are expected.")
        if handles > FLAT_HANDLES:
            found.append(f"File handles are not flat: {handles:,.0f} were gained after the warm-up, at most {FLAT_HANDLES} are expected.")
        return found

    def rows(self) -> list[tuple[str, str]]:
        """What a table of figures says of it."""
        start = int(len(self.seconds) * WARM_UP)
        rest = (self.seconds[-1] - self.seconds[start]) / 60
        rows = [
            ("memory, MB: first · after the warm-up · last · most", _four(self.resident, start, 1e6)),
            (f"memory gained in the last {rest:.1f} min (line fit), MB", f"{self.gained(self.resident) / 1e6:+,.1f}"),
            ("file handles: first · after the warm-up · last · most", _four(self.handles, start)),
            ("threads: first · after the warm-up · last · most", _four(self.threads, start)),
        ]
        return rows if self.at_rest is None else [*rows, ("memory at rest, MB", f"{self.at_rest / 1e6:,.0f}")]


def processor_seconds(pid: int) -> float:
    """Of the processor, that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _four(values: list[int], start: int, unit: float = 1) -> str:
    return " · ".join(f"{value / unit:,.0f}" for value in (values[0], values[start], values[-1], max(values)))


def server_of(address: str) -> int:
    """Process id of the server that was started for this address."""
    port = f"--server.port={urlsplit(address).port}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if port in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
        except OSError:  # it ended meanwhile
            continue
    raise RuntimeError(f"No process listens at {address}.")
