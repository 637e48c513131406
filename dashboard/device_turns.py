"""Turns at one device: one step of one piece of work at a time, and what is long gives way to what is short.

A page that explains a text takes a fraction of a second, a wall of methods many: people who ask for the first must not wait until
all who asked for the second are served. Runs over files last longest: after each step of theirs, all who wait have their turn.
Knows nothing of models or Streamlit.
"""

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from core.progress import Progress, silent
from core.turns import Busy, FairQueue

LONGEST_WAIT = 240.0  # seconds until long work begins: longer than for a text, as each before it may take many seconds


class DeviceTurns:
    """Short work in the order of people; of long work one at a time, which lets all short work pass between two of its steps."""

    def __init__(self):
        self._steps, self._long = FairQueue(), FairQueue(LONGEST_WAIT)
        self._threads = {is_long: ThreadPoolExecutor(1, thread_name_prefix="compute") for is_long in (False, True)}

    @contextmanager
    def turn(self, person: Hashable, tell: Progress, is_long: bool) -> Iterator[Progress]:
        """Wait for a turn and hold it, as `FairQueue.turn`; a person's newer question stops the older one, long or short."""
        (self._steps if is_long else self._long).supersede(person)
        if not is_long:
            with self._steps.turn(person, tell) as step:
                yield step
        else:
            with self._long.turn(person, tell) as told, Turns("long", told, self._steps) as step:
                yield step

    def of_a_run(self, run_id: Hashable, tell: Progress) -> "Turns":
        """One turn after the other, with no end to their number: everyone else who waits has one in between, long work to its end."""
        return Turns(("run", run_id), tell, self._long, self._steps)

    def compute(self, is_long: bool, work: Callable, *given):
        """What `work(*given)` gives, in the one thread for all work of this length.

        Libraries keep memory for each thread that ever computed: 16 threads that took turns had gained 1,255 MB after 160 texts,
        one 121 MB after 32 and 122 MB after 80 (two cores, `sentiment`, 3 to 120 words, measured).
        """
        return self._threads[is_long].submit(work, *given).result()


class Turns:
    """A turn in each of some queues, all given back and waited for again at every step."""

    def __init__(self, person: Hashable, tell: Progress, *queues: FairQueue):
        self._person, self._tell, self._queues, self._share = person, tell, queues, 0.0
        self._held: ExitStack | None = None
        self._check: Progress = silent

    def __enter__(self) -> Progress:
        self._take()
        return self._step

    def __exit__(self, *raised) -> None:
        self._give_back()

    def _step(self, stage: str, share: float) -> None:
        self._share = share
        self._check(stage, share)
        self._give_back()
        self._take()

    def _take(self) -> None:
        while self._held is None:
            with suppress(Busy), ExitStack() as taken:  # it has all the time in the world
                for queue in self._queues:
                    self._check = taken.enter_context(queue.turn(self._person, self._wait, replaces=False))
                self._held = taken.pop_all()

    def _wait(self, stage: str, _: float) -> None:
        self._tell(stage, self._share)

    def _give_back(self) -> None:
        if (held := self._held) is not None:
            self._held = None
            held.close()
