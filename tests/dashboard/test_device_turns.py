"""Long and short work at one device: short work passes between the steps of long work, of which there is one at a time."""

import threading
import time

import pytest

from core.turns import Superseded
from dashboard.device_turns import DeviceTurns
from tests.waiting import wait_until


class Work(threading.Thread):
    """A piece of somebody's work that takes its steps when told to."""

    def __init__(self, turns: DeviceTurns, log: list, person: str, is_long: bool):
        super().__init__(daemon=True)
        self.turns, self.log, self.person, self.is_long = turns, log, person, is_long
        self.told, self.outcome, self.go_on = [], None, threading.Semaphore(0)

    def run(self):
        try:
            with self.turns.turn(self.person, lambda stage, share: self.told.append((stage, share)), self.is_long) as step:
                self.turns.compute(self.is_long, self._work, step)
            self.outcome = "done"
        except BaseException as error:
            self.outcome = type(error)

    def _work(self, step) -> None:
        self.log.append(f"{self.person} 1")
        self.go_on.acquire(timeout=10)
        step("half", 0.5)
        self.log.append(f"{self.person} 2")
        self.go_on.acquire(timeout=10)
        step("all", 1.0)

    def finish(self) -> object:
        self.go_on.release(2)
        self.join(10)
        return self.outcome


@pytest.fixture
def begin():
    """`begin(person, is_long)`: work that has its turn, or waits for it."""
    turns, log = DeviceTurns(), []

    def begin_with(person: str, is_long: bool) -> Work:
        work = Work(turns, log, person, is_long)
        work.start()
        wait_until(lambda: work.told or f"{person} 1" in log or not work.is_alive())
        return work

    begin_with.log, begin_with.turns = log, turns
    return begin_with


def test_short_work_passes_between_two_steps_of_long_work(begin):
    long, others = begin("a", True), [begin(name, False) for name in "bc"]
    time.sleep(0.05)
    assert begin.log == ["a 1"]
    long.go_on.release()  # to its first step
    for other in others:
        assert other.finish() == "done"
    wait_until(lambda: "a 2" in begin.log)
    assert begin.log == ["a 1", "b 1", "b 2", "c 1", "c 2", "a 2"]
    assert ("1 person before you", 0.5) in long.told  # and how far it was is not lost
    assert long.finish() == "done"


def test_long_work_is_done_one_after_the_other(begin):
    first, second = begin("a", True), begin("b", True)
    first.go_on.release()
    wait_until(lambda: "a 2" in begin.log)
    assert "b 1" not in begin.log and second.told[0][0] == "1 person before you"
    assert first.finish() == "done" and second.finish() == "done"


@pytest.mark.parametrize("was_long", [True, False])
def test_a_newer_question_stops_the_older_one_of_the_other_length(begin, was_long):
    older = begin("a", was_long)
    newer = begin("a", not was_long)
    assert older.finish() is Superseded and newer.finish() == "done"
    assert begin("b", was_long).finish() == "done"


def test_a_newer_question_stops_long_work_that_waits(begin):
    running, waiting = begin("a", True), begin("b", True)
    newer = begin("b", False)
    waiting.join(5)
    assert waiting.outcome is Superseded
    running.go_on.release()  # to the step at which the newer one passes
    assert newer.finish() == "done" and running.finish() == "done"
    assert begin.log[0] == "a 1" and begin.log.count("b 1") == 1


def test_a_run_lets_all_who_wait_have_their_turn_before_its_next_step(begin):
    log, told = begin.log, []
    with begin.turns.of_a_run("x", lambda stage, share: told.append(stage)) as step:
        walls, text = [begin(name, True) for name in "ab"], begin("c", False)
        for work in (*walls, text):
            work.go_on.release(2)
        for number in range(4):
            step(f"row {number}", number / 4)
            log.append(f"row {number}")
    assert log == ["c 1", "c 2", "a 1", "a 2", "b 1", "b 2", "row 0", "row 1", "row 2", "row 3"]
    assert "2 people before you" in told
    assert [work.outcome for work in (*walls, text) if not work.join(5)] == ["done"] * 3
