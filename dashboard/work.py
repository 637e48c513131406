"""Questions on their way to the engine: each computed once in a thread of its own, and stopped when nobody waits for it."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor

from core.turns import WAITING, Superseded

ABANDONED = 2.0  # seconds without a sign of life from anyone who waits, after which work stops; a rerun joins well within
PACE_AFTER, PACE_SHARE = 2.0, 0.03  # seconds, and share of the work, after which its pace says how long the rest will take


class Job:
    """One question under way. The thread that computes calls `tell`; each person who waits calls `want` again and again."""

    def __init__(self):
        self.stage, self.share = WAITING, 0.0
        self._paced_from = time.monotonic(), 0.0  # when the share was last seen to begin, and where
        self.future: Future | None = None
        self._lock, self._is_stopped = threading.Lock(), False
        self._wanted: dict[Hashable, float] = {}  # person → when last heard of

    def want(self, person: Hashable) -> bool:
        """This person waits for the answer. False: it comes too late, the work has been given up."""
        with self._lock:
            if not self._is_stopped:
                self._wanted[person] = time.monotonic()
            return not self._is_stopped

    def leave(self, person: Hashable) -> None:
        """This person waits no longer; with nobody left, the work stops at its next step."""
        with self._lock:
            self._wanted.pop(person, None)

    def waits(self, person: Hashable) -> bool:
        """Whether this person waits for the answer."""
        return person in self._wanted

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the pace so far; None while that is a guess."""
        start, share = self._paced_from
        spent, gained = time.monotonic() - start, self.share - share
        return spent * (1 - self.share) / gained if spent > PACE_AFTER and gained > PACE_SHARE else None

    def tell(self, stage: str, share: float) -> None:
        """Called by the engine between its steps; raises Superseded where nobody waits any more."""
        if share < self.share or not self.share:  # another piece of work begins, or the first one: waiting is no pace
            self._paced_from = time.monotonic(), share
        self.stage, self.share = stage, share
        with self._lock:
            newest = max(self._wanted.values(), default=0.0)
            self._is_stopped = self._is_stopped or time.monotonic() - newest > ABANDONED
            if self._is_stopped:
                raise Superseded


class Desk:
    """The questions under way of everyone, and the threads that compute."""

    def __init__(self, n_threads: int = 64):
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="explain")  # most of them wait for their turn
        self._asking = threading.RLock()  # a job that ends at once is forgotten inside `ask`
        self._under_way: dict[Hashable, Job] = {}

    def ask(self, person: Hashable, question: Hashable, compute: Callable[[Callable[[str, float], None]], object]) -> Job:
        """The job that answers a question: joined if it is under way, begun if not, as `compute(tell)` in a thread.

        Whatever else this person waited for is given up.
        """
        with self._asking:
            self._leave_all(person, but=question)
            job = self._under_way.get(question)
            if job is None or job.future.done() or not job.want(person):
                job = self._under_way[question] = Job()
                job.want(person)
                job.future = self._threads.submit(compute, job.tell)
                job.future.add_done_callback(lambda _: self._forget(question, job))
            return job

    def leave(self, person: Hashable) -> list[Hashable]:
        """Give up all that this person waits for; returns the questions."""
        with self._asking:
            return self._leave_all(person)

    def _leave_all(self, person: Hashable, but: Hashable = None) -> list[Hashable]:
        left = [question for question, job in tuple(self._under_way.items()) if question != but and job.waits(person)]
        for question in left:
            self._under_way[question].leave(person)
        return left

    def _forget(self, question: Hashable, job: Job) -> None:
        with self._asking:
            if self._under_way.get(question) is job:
                del self._under_way[question]
