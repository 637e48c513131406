"""Turns at the device: one at a time, and nobody computes for a run that is gone."""

import threading

import pytest

from dashboard import work as work_module
from dashboard.work import Busy, Desk, Superseded, Work


def test_the_device_is_given_back():
    device = threading.Lock()
    with Work().turn(device):
        assert device.locked()
    assert not device.locked()


def test_the_device_is_given_back_after_an_error():
    device = threading.Lock()
    with pytest.raises(ZeroDivisionError), Work().turn(device):
        raise ZeroDivisionError
    assert not device.locked()


def test_superseded_work_stops_at_its_next_step():
    work = Work()
    work.tell("reading", 0.5)
    assert (work.stage, work.share) == ("reading", 0.5)
    work.wanted_at -= 2 * work_module.ABANDONED
    with pytest.raises(Superseded):
        work.tell("reading", 0.6)


def test_superseded_work_stops_waiting_for_the_device():
    device, work = threading.Lock(), Work()
    device.acquire()
    work.wanted_at -= 2 * work_module.ABANDONED
    with pytest.raises(Superseded), work.turn(device):
        pass
    assert device.locked()  # still the other's


def test_waiting_ends_in_a_sentence(monkeypatch):
    monkeypatch.setattr(work_module, "LONGEST_WAIT", 0.0)
    device = threading.Lock()
    device.acquire()
    with pytest.raises(Busy, match="busy"), Work().turn(device):
        pass


def test_a_question_under_way_is_joined():
    desk, go, runs = Desk(2), threading.Event(), []

    def compute(work):
        runs.append(work)
        go.wait(5)
        return "answer"

    first, second = desk.ask("q", compute), desk.ask("q", compute)
    other = desk.ask("p", compute)
    go.set()
    assert first[0].result(5) == second[0].result(5) == other[0].result(5) == "answer"
    assert first[0] is second[0] and other[0] is not first[0] and len(runs) == 2


def test_a_question_answered_before_is_asked_anew():
    desk = Desk(1)
    desk.ask("q", lambda work: 1)[0].result(5)
    assert desk.ask("q", lambda work: 2)[0].result(5) == 2


def test_joining_keeps_work_alive():
    desk, go = Desk(1), threading.Event()

    def compute(work):
        go.wait(5)
        work.tell("step", 0.5)
        return "answer"

    _, work = desk.ask("q", compute)
    work.wanted_at -= 2 * work_module.ABANDONED
    future, _ = desk.ask("q", compute)
    go.set()
    assert future.result(5) == "answer"
