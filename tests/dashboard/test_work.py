"""Questions under way: joined by whoever asks the same, stopped when nobody waits, and never stopped while somebody does."""

import threading

import pytest

from core.turns import Superseded
from dashboard import work as work_module
from dashboard.work import Desk, Job


@pytest.fixture
def question():
    """`compute`, which waits for `go` between its two steps; what it was told is in `runs`."""

    class Question:
        def __init__(self):
            self.go, self.runs = threading.Event(), []

        def compute(self, tell):
            self.runs.append(tell)
            tell("first step", 0.0)
            self.go.wait(5)
            tell("second step", 0.5)
            return "answer"

    return Question()


def grow_silent(job: Job, person: str) -> None:
    """As if nothing had been heard of this person for long."""
    job._wanted[person] -= 2 * work_module.ABANDONED


def test_work_tells_what_it_does():
    job = Job()
    job.want("a")
    job.tell("reading", 0.5)
    assert (job.stage, job.share) == ("reading", 0.5)


def test_work_stops_at_its_next_step_when_nobody_is_heard_of():
    job = Job()
    job.want("a")
    job.want("b")
    grow_silent(job, "a")
    job.tell("reading", 0.5)
    grow_silent(job, "b")
    with pytest.raises(Superseded):
        job.tell("reading", 0.6)


def test_work_stops_at_its_next_step_when_everyone_has_left():
    job = Job()
    job.want("a")
    job.want("b")
    job.leave("a")
    job.tell("reading", 0.5)
    job.leave("b")
    with pytest.raises(Superseded):
        job.tell("reading", 0.6)
    assert not job.want("c")  # too late: it has been told to stop


def test_a_question_under_way_is_joined(question):
    desk = Desk(2)
    first, second, other = (desk.ask(person, key, question.compute) for person, key in (("a", "q"), ("b", "q"), ("c", "p")))
    question.go.set()
    assert first is second and other is not first
    assert first.future.result(5) == other.future.result(5) == "answer" and len(question.runs) == 2


def test_a_question_answered_before_is_asked_anew():
    desk = Desk(1)
    desk.ask("a", "q", lambda tell: 1).future.result(5)
    assert desk.ask("a", "q", lambda tell: 2).future.result(5) == 2


def test_joining_keeps_work_alive(question):
    desk = Desk(1)
    job = desk.ask("a", "q", question.compute)
    grow_silent(job, "a")
    assert desk.ask("a", "q", question.compute) is job
    question.go.set()
    assert job.future.result(5) == "answer"


def test_a_newer_question_of_the_same_person_stops_the_older(question):
    desk = Desk(2)
    older, newer = desk.ask("a", "q", question.compute), desk.ask("a", "p", question.compute)
    question.go.set()
    with pytest.raises(Superseded):
        older.future.result(5)
    assert newer.future.result(5) == "answer"


def test_but_not_while_another_person_waits_for_it(question):
    desk = Desk(2)
    desk.ask("a", "q", question.compute)
    shared = desk.ask("b", "q", question.compute)
    desk.ask("a", "p", question.compute)
    question.go.set()
    assert shared.future.result(5) == "answer"


def test_leaving_names_what_was_given_up(question):
    desk = Desk(2)
    job = desk.ask("a", "q", question.compute)
    desk.ask("b", "p", question.compute)
    assert desk.leave("a") == ["q"] and desk.leave("a") == []
    question.go.set()
    with pytest.raises(Superseded):
        job.future.result(5)


def test_a_question_that_was_given_up_can_be_asked_again_at_once(question):
    """Work that has been told to stop is never joined."""
    desk = Desk(4)
    first = desk.ask("a", "q", question.compute)
    desk.leave("a")
    with pytest.raises(Superseded):
        first.tell("a step", 0.1)
    second = desk.ask("a", "q", question.compute)
    assert second is not first
    question.go.set()
    assert second.future.result(5) == "answer"


def test_what_is_done_is_forgotten():
    desk = Desk(2)
    for key in range(5):
        desk.ask("a", key, lambda tell: "answer").future.result(5)
    desk._threads.shutdown(wait=True)
    assert not desk._under_way
