"""How far a run is, how fast it goes, and how long the rest will take."""

import time

from core.progress import Progress


class Clock:
    """Rows done, how fast, and how long the rest will take."""

    def __init__(self, n_rows: int):
        self.n_rows, self.done, self.made, self.start = n_rows, 0, 0, time.monotonic()

    def skip(self, n: int) -> None:
        """Rows that were done before."""
        self.done += n
        self.start = time.monotonic() if not self.made else self.start

    def add(self, n: int) -> None:
        """Rows that were done now."""
        self.done, self.made = self.done + n, self.made + n

    @property
    def share(self) -> float:
        """Of all rows, those done."""
        return self.done / max(1, self.n_rows)

    def within(self, n: int, tell: Progress) -> Progress:
        """What to call within a chunk of n rows, with the share of it that is done."""

        def step(_: str, share: float) -> None:
            made, seconds = self.made + n * share, time.monotonic() - self.start
            stage = f"Row {self.done + n * share:,.0f} of {self.n_rows:,}"
            if made and seconds > 1:
                stage += f", {made / seconds:,.1f} a second, {_left((self.n_rows - self.done - n * share) / made * seconds)} left"
            tell(stage, (self.done + n * share) / max(1, self.n_rows))

        return step


def _left(seconds: float) -> str:
    """A time in words: `about 40 s`, `about 12 min`, `about 3.5 h`."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
