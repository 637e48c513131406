"""The queue at a device: one at a time, people in rotation, newer requests in place of older ones."""

import threading
import time

import pytest

from core.turns import Busy, Cancelled, FairQueue, Stopped, Superseded, position
from tests.waiting import wait_until


class Visitor(threading.Thread):
    """Somebody's work in a thread of its own: waits for a turn, then for permission to go on, step by step."""

    def __init__(self, queue: FairQueue, person: str, log: list, replaces: bool = True, name: str = ""):
        super().__init__(daemon=True)
        self.queue, self.person, self.log, self.replaces, self.label = queue, person, log, replaces, name or person
        self.told, self.outcome = [], None
        self.began, self.go_on, self.leave = threading.Event(), threading.Event(), threading.Event()

    def run(self):
        try:
            with self.queue.turn(self.person, self.hear, self.replaces) as step:
                self.log.append(self.label)
                self.began.set()
                self.go_on.wait(10)
                step("a step", 0.5)
            self.outcome = "done"
        except BaseException as error:
            self.outcome = type(error)

    def hear(self, stage: str, share: float) -> None:
        if self.leave.is_set():
            raise KeyError("gone")
        self.told.append(stage)

    def finish(self) -> object:
        self.go_on.set()
        self.join(10)
        assert not self.is_alive()
        return self.outcome


@pytest.fixture
def arrive():
    """`arrive(person)`: a visitor who stands in the queue, or has the turn, before the next one comes."""
    queue, log, everyone = FairQueue(), [], []

    def come(person: str, **more) -> Visitor:
        visitor = Visitor(queue, person, log, **more)
        everyone.append(visitor)
        visitor.start()
        wait_until(lambda: visitor.told or visitor.began.is_set() or not visitor.is_alive())
        return visitor

    come.queue, come.log = queue, log
    yield come
    for visitor in everyone:
        visitor.go_on.set()
    for visitor in everyone:
        visitor.join(10)


def test_one_at_a_time_in_the_order_of_coming(arrive):
    first, second, third = arrive("a"), arrive("b"), arrive("c")
    assert first.began.is_set() and not second.began.is_set() and not third.began.is_set()
    assert [visitor.finish() for visitor in (first, second, third)] == ["done"] * 3
    assert arrive.log == ["a", "b", "c"]


def test_never_two_at_once():
    queue, inside, most, total = FairQueue(), [], [], []

    def visit(person: int) -> None:
        for _ in range(5):
            with queue.turn(person):
                inside.append(person)
                most.append(len(inside))
                time.sleep(0.001)
                inside.remove(person)
                total.append(person)

    threads = [threading.Thread(target=visit, args=(person,)) for person in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert max(most) == 1 and sorted(total) == sorted(list(range(8)) * 5)


def test_waiting_people_hear_how_many_are_before_them(arrive):
    first, second, third, fourth = (arrive(name) for name in "abcd")
    assert second.told[0] == "1 person before you" and third.told[0] == "2 people before you"
    assert first.finish() == "done"
    wait_until(lambda: fourth.told[-1] == "2 people before you" and third.told[-1] == "1 person before you")
    assert not first.told or first.told == ["a step"]


@pytest.mark.parametrize("before, words", [(0, "Waiting for the model"), (1, "1 person before you"), (2, "2 people before you")])
def test_positions_in_words(before, words):
    assert position(before) == words


def test_people_take_turns_however_much_one_of_them_asks(arrive):
    """Three pieces of work of one person don't keep the others waiting: a, b, c, and only then a again."""
    visitors = [arrive("a", replaces=False, name=f"a{i}") for i in range(3)] + [arrive("b"), arrive("c")]
    assert visitors[3].told[0] == "1 person before you"  # one person, however many pieces of work
    for _ in visitors:
        wait_until(lambda: any(visitor.began.is_set() and visitor.is_alive() for visitor in visitors))
        next(visitor for visitor in visitors if visitor.began.is_set() and visitor.is_alive()).finish()
    # a1 waited before b came, so that a's second turn is due before b's first; from there on it is one each.
    assert arrive.log == ["a0", "a1", "b", "c", "a2"]


def test_a_newer_request_replaces_the_one_that_waits_and_keeps_its_place(arrive):
    running, older, other = arrive("a"), arrive("b"), arrive("c")
    newer = arrive("b", name="b, newer")
    older.join(5)
    assert older.outcome is Superseded and not older.began.is_set()
    assert newer.told[0] == "1 person before you"
    assert [visitor.finish() for visitor in (running, newer, other)] == ["done"] * 3
    assert arrive.log == ["a", "b, newer", "c"]


def test_a_newer_request_stops_the_one_that_runs_at_its_next_step(arrive):
    older = arrive("a")
    newer = arrive("a", name="a, newer")
    time.sleep(0.05)
    assert older.is_alive() and not newer.began.is_set()  # not before the step under way has ended
    assert newer.told == ["Waiting for the model"]
    assert older.finish() is Superseded
    assert newer.finish() == "done" and arrive.log == ["a", "a, newer"]


def test_the_newest_of_many_is_the_one_that_runs(arrive):
    running = arrive("a")
    asked = [arrive("b", name=f"b{i}") for i in range(5)]
    running.finish()
    assert asked[-1].finish() == "done"
    assert [visitor.finish() for visitor in asked[:-1]] == [Superseded] * 4
    assert arrive.log == ["a", "b4"]


def test_superseded_while_waiting_and_while_running(arrive):
    running, waiting = arrive("a"), arrive("b")
    arrive.queue.supersede("b")
    waiting.join(5)
    assert waiting.outcome is Superseded and running.is_alive()
    arrive.queue.supersede("a")
    assert running.finish() is Superseded
    assert arrive("c").finish() == "done"


def test_whoever_leaves_the_queue_leaves_nothing_behind(arrive):
    running, gone, after = arrive("a"), arrive("b"), arrive("c")
    gone.leave.set()
    gone.join(5)
    assert gone.outcome is KeyError
    wait_until(lambda: after.told[-1] == "1 person before you")
    running.finish()
    assert after.finish() == "done" and not arrive.queue._lanes and arrive.queue._running is None


def test_the_turn_is_given_back_after_an_error():
    queue = FairQueue()
    with pytest.raises(ZeroDivisionError), queue.turn("a"):
        raise ZeroDivisionError
    with queue.turn("b"):
        pass


def test_waiting_ends_in_a_sentence(arrive):
    queue = FairQueue(longest_wait=0.05)
    with queue.turn("a"), pytest.raises(Busy, match="busy .* ask again"), queue.turn("b"):
        pass
    with queue.turn("b"):
        pass


def test_stopping_is_no_error_that_a_row_of_a_batch_may_swallow():
    assert issubclass(Superseded, Stopped) and issubclass(Cancelled, Stopped) and not issubclass(Stopped, Exception)
