"""Turns at a device: one piece of work at a time, people in rotation, and nobody computes for a question that was replaced.

Whoever waits is told how many people are before them, through their progress function, which may raise to give up.
"""

import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import SaliencyError
from core.progress import Progress, silent

LONGEST_WAIT = 60.0  # seconds somebody waits for a turn before being told to come back
POLL = 0.1  # seconds between two looks at a queue that stands still
WAITING = "Waiting for the model"


class Stopped(BaseException):
    """Work that nobody wants any more. No `Exception`, so that code which outlives one bad row doesn't outlive this."""


class Superseded(Stopped):
    """The same person asked for something newer."""


class Cancelled(Stopped):
    """The person gave it up."""


class Busy(SaliencyError):
    """The device was taken for too long."""


@dataclass(eq=False)
class _Ticket:
    """One piece of work, waiting or running."""

    person: Hashable
    is_superseded: bool = False

    def check(self) -> None:
        if self.is_superseded:
            raise Superseded


class FairQueue:
    """The turns at one device. People take turns in rotation, each person's own work in the order in which it came."""

    def __init__(self, longest_wait: float = LONGEST_WAIT):
        self._longest_wait = longest_wait
        self._changed = threading.Condition()
        self._lanes: dict[Hashable, deque[_Ticket]] = {}  # person → what waits; the person whose turn is next comes first
        self._running: _Ticket | None = None

    @contextmanager
    def turn(self, person: Hashable, progress: Progress = silent, replaces: bool = True) -> Iterator[Progress]:
        """Wait for a turn and hold it; gives the progress function that the work is to call between its steps.

        With `replaces`, whatever else this person has waiting or running is stopped (Superseded at its next step), and
        its place in the rotation is kept. Raises Busy after the longest wait, Superseded when stopped, and whatever
        `progress` raises. Not to be asked for inside a turn.
        """
        ticket = self._enter(person, replaces)
        try:
            self._wait(ticket, progress)

            def step(stage: str, share: float) -> None:
                ticket.check()
                progress(stage, share)

            yield step
        finally:
            self._leave(ticket)

    def supersede(self, person: Hashable) -> None:
        """Stop what this person has waiting or running: Superseded at its next step."""
        with self._changed:
            self._stop_all(person)
            self._changed.notify_all()

    def _enter(self, person: Hashable, replaces: bool) -> _Ticket:
        ticket = _Ticket(person)
        with self._changed:
            lane = self._lanes.setdefault(person, deque())
            if replaces:
                self._stop_all(person)
                lane.clear()  # the lane itself stays where it is in the rotation
            lane.append(ticket)
            self._changed.notify_all()
        return ticket

    def _stop_all(self, person: Hashable) -> None:
        running = [self._running] if self._running and self._running.person == person else []
        for ticket in (*self._lanes.get(person, ()), *running):
            ticket.is_superseded = True

    def _wait(self, ticket: _Ticket, progress: Progress) -> None:
        deadline = time.monotonic() + self._longest_wait
        while True:
            with self._changed:
                ticket.check()
                if self._is_next(ticket):
                    self._take(ticket)
                    return
                before = self._people_before(ticket)
            progress(position(before), 0.0)  # outside the lock: it may be slow, and it may raise
            if time.monotonic() > deadline:
                raise Busy(
                    f"The model has been busy with other people's questions for {self._longest_wait:.0f} seconds. "
                    "Nothing is lost; ask again in a moment."
                )
            with self._changed:
                self._changed.wait_for(lambda: self._has_news(ticket, before), POLL)  # noqa: B023 — called here and now

    def _has_news(self, ticket: _Ticket, before: int) -> bool:
        return ticket.is_superseded or self._is_next(ticket) or self._people_before(ticket) != before

    def _is_next(self, ticket: _Ticket) -> bool:
        return self._running is None and next(iter(self._lanes.values()))[0] is ticket

    def _take(self, ticket: _Ticket) -> None:
        lane = self._lanes.pop(ticket.person)
        lane.popleft()
        if lane:
            self._lanes[ticket.person] = lane  # to the end of the rotation
        self._running = ticket

    def _people_before(self, ticket: _Ticket) -> int:
        """Other people who have a turn now or before this ticket's."""
        people = list(self._lanes)
        if self._lanes[ticket.person][0] is ticket:
            people = people[: people.index(ticket.person)]
        running = {self._running.person} if self._running else set()
        return len(({*people} | running) - {ticket.person})

    def _leave(self, ticket: _Ticket) -> None:
        with self._changed:
            lane = self._lanes.get(ticket.person, deque())
            if ticket in lane:
                lane.remove(ticket)
                if not lane:
                    del self._lanes[ticket.person]
            if self._running is ticket:
                self._running = None
            self._changed.notify_all()


def position(before: int) -> str:
    """What somebody who waits is told."""
    return WAITING if before == 0 else f"{before} {'person' if before == 1 else 'people'} before you"
