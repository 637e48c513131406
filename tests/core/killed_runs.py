"""A program that runs a corpus again and again, each time in a process that is killed somewhere else, and goes on with what is left.

`python -m tests.core.killed_runs MODEL FILE FOLDER`: a line of JSON a run, the first one of a run that nothing stopped. It forks
after everything is imported, so that fifty runs cost one start of torch; nothing in the parent has begun a thread by then.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import filelock  # noqa: F401 — imported beforehand, for the runs that are killed
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import torch

from core.catalog import find_model
from core.corpus import store
from core.corpus.run import resume_run, start_run
from core.models import Classifier, load_classifier
from core.tables.format import SHELL_LIMITS
from core.tables.source import Source
from tests.core.corpus_runs import settings_of

POINTS, BY_THE_CLOCK = 50, 25
KILLED_TWICE = 5  # of the runs that go on, each so-many-th is killed as well
PLACE = os.path.join("core", "corpus", "")  # lines of these files are counted
SETTINGS = settings_of(chunk_rows=2, coherence_sample=2, faithfulness_sample=0)


class Countdown:
    """Counts the lines that are run in `core/corpus`, and kills the process before one of them."""

    def __init__(self, last: int | None = None):
        self.last, self.lines = last, []

    def begin(self) -> None:
        """From here on."""
        sys.settrace(self._enter)

    def _enter(self, frame, event, arg):
        file = frame.f_code.co_filename
        return self._step if PLACE in file and os.path.basename(file) != "clock.py" else None  # how often it looks depends on the time

    def _step(self, frame, event, arg):
        if event == "line":
            self.lines.append(os.path.basename(frame.f_code.co_filename) == "store.py")
            if len(self.lines) == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._step


def in_child(work: Callable[[], object], seconds: float | None = None) -> tuple[int, object]:
    """(exit status, negative for a signal; what the work gave as JSON) of a forked process, which is killed after so many seconds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, json.dumps(work()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)  # one that has ended waits for us to look: its number is nobody else's
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), json.loads(answer) if answer else None


def run(folder: Path, classifier: Classifier, source: Source, countdown: Countdown | None = None) -> list[bool]:
    """Begin the run, or go on with it, as the page does. Gives, for each line of `core/corpus`, whether it stands in store.py."""
    if countdown is not None:
        countdown.begin()
    if (folder / store.MANIFEST).is_file():
        resume_run(folder, classifier, source, SHELL_LIMITS, settings=SETTINGS)
    else:
        start_run(folder, classifier, source, SETTINGS, SHELL_LIMITS)
    sys.settrace(None)
    return [] if countdown is None else countdown.lines


def main(model: str, file: str, place: str) -> None:
    """All runs, below `place`."""
    torch.set_num_threads(1)
    classifier, source, draw = load_classifier(find_model(model), device="cpu"), Source.of(file), random.Random(7)
    status, lines = in_child(lambda: run(Path(place) / "whole", classifier, source, Countdown()))
    print(json.dumps({"folder": "whole", "status": status, "lines": len(lines)}), flush=True)
    writing = [at for at, is_store in enumerate(lines, 1) if is_store]
    points = [*draw.sample(range(1, len(lines) + 1), POINTS // 2), *draw.sample(writing, POINTS - POINTS // 2)]
    for number, point in enumerate(points):
        folder = Path(place) / f"killed-{number}"
        killed, _ = in_child(lambda: run(folder, classifier, source, Countdown(point)))
        left = store.chunks_done(folder) if folder.exists() else []
        again = None
        if number % KILLED_TWICE == 0:
            second = Countdown(draw.randrange(1, len(lines) // 2))
            again, _ = in_child(lambda: run(folder, classifier, source, second))
        status, _ = in_child(lambda: run(folder, classifier, source))
        print(json.dumps({"folder": folder.name, "point": point, "killed": killed, "left": left, "again": again, "status": status}), flush=True)
    kill_by_the_clock(lambda name: run(Path(place) / name, classifier, source), Path(place), draw)


def kill_by_the_clock(work: Callable[[str], object], place: Path, draw: random.Random) -> None:
    """Kills that may fall within a line, in the middle of a write: at any time of what the run takes when nothing stops it."""
    began = time.monotonic()
    in_child(lambda: work("clocked"))
    taken = time.monotonic() - began
    for number in range(BY_THE_CLOCK):
        name = f"clocked-{number}"
        killed, _ = in_child(lambda name=name: work(name), draw.uniform(0, taken))
        left = store.chunks_done(place / name) if (place / name).exists() else []
        status, _ = in_child(lambda name=name: work(name))
        print(json.dumps({"folder": name, "by": "clock", "killed": killed, "left": left, "status": status}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
