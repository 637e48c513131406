"""What is known of a run over a file: what was asked, how far it is, and at what pace. Plain data."""

import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from core.corpus.records import RunSettings
from core.report_check import check_types, require

WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
UNDER_WAY = (WAITING, RUNNING)
PACE_OVER, PACE_AFTER = 60.0, 3.0  # seconds: the pace is that of the last ones, once there are enough


@dataclass(frozen=True)
class Order:
    """What a person asks for."""

    file: str
    """Name of the file, as the person knows it."""
    model: str
    """`ModelSpec.name`."""
    model_label: str
    """The same for people."""
    trusts_pickle: bool
    settings: RunSettings

    def as_dict(self) -> dict:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"settings": self.settings.as_dict()}

    @classmethod
    def from_dict(cls, saved: dict) -> "Order":
        """What `as_dict` gave. ValueError, TypeError or KeyError for anything else."""
        order = cls(**saved | {"settings": RunSettings.from_dict(saved["settings"])})
        check_types(order, but=("settings",))
        return order


@dataclass(frozen=True)
class Progressed:
    """How far a run is, as the disk keeps it."""

    status: str = WAITING
    """One of the five above."""
    share: float = 0.0
    stage: str = ""
    sentence: str = ""
    """Why it failed or stands still; empty where nobody need be told."""
    attempts: int = 0
    """How often it was begun without coming to an end of any kind."""
    created: float = 0.0
    """Seconds since 1970."""

    @classmethod
    def from_dict(cls, saved: dict) -> "Progressed":
        """What the disk keeps. ValueError or TypeError for anything else."""
        progress = cls(**saved)
        check_types(progress)
        require(progress.status in (*UNDER_WAY, DONE, STOPPED, FAILED), "no status that a run can have")
        require(0 <= progress.share <= 1 and progress.attempts >= 0 and progress.created >= 0, "figures that no run can have")
        return progress


@dataclass(frozen=True)
class RunState:
    """What a page shows of a run."""

    id: str
    order: Order
    status: str
    share: float
    """Of the work, 0 to 1."""
    stage: str
    sentence: str
    """Why it failed or stands still."""
    is_stopping: bool
    """Whether it was told to stop, and does so at its next step."""
    n_before: int
    """Runs that come first, of one that waits."""
    n_rows: int | None
    """Of the file; None until they are counted."""
    rate: float | None
    """Rows a second; None where it isn't known."""
    seconds_left: float | None
    created: float
    """Seconds since 1970."""
    folder: Path
    """The run's own, of `core.corpus.store`."""

    @property
    def is_under_way(self) -> bool:
        """Whether it changes without anybody's doing."""
        return self.status in UNDER_WAY


class Pace:
    """How fast a share grows."""

    def __init__(self):
        self._seen: deque[tuple[float, float]] = deque()  # when, share

    def note(self, share: float) -> None:
        """The share as it is now; one that falls begins anew."""
        now = time.monotonic()
        if self._seen and share < self._seen[-1][1]:
            self._seen.clear()
        if len(self._seen) == 1 and share == self._seen[0][1]:
            self._seen[0] = now, share  # nothing was gained yet: what comes before the work is no pace
        elif not self._seen or share > self._seen[-1][1]:
            self._seen.append((now, share))
        while len(self._seen) > 2 and now - self._seen[0][0] > PACE_OVER:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """Share gained in a second; None while that would be a guess."""
        if len(self._seen) < 2:
            return None
        (start, first), last = self._seen[0], self._seen[-1][1]
        spent = time.monotonic() - start
        return (last - first) / spent if spent > PACE_AFTER else None
