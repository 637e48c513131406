"""Turns at the device: one at a time, and nobody computes for a run that is gone."""

import threading

import pytest

from dashboard import work as work_module
from dashboard.work import Busy, Superseded, Work


def test_the_device_is_given_back():
    device = threading.Lock()
    with Work().turn(device):
        assert device.locked()
    assert not device.locked()


def test_the_device_is_given_back_after_an_error():
    device = threading.Lock()
    with pytest.raises(ZeroDivisionError), Work().turn(device):
        1 / 0
    assert not device.locked()


def test_superseded_work_stops_at_its_next_step():
    work = Work()
    work.tell("reading", 0.5)
    assert (work.stage, work.share) == ("reading", 0.5)
    work.is_wanted = False
    with pytest.raises(Superseded):
        work.tell("reading", 0.6)


def test_superseded_work_stops_waiting_for_the_device():
    device, work = threading.Lock(), Work()
    device.acquire()
    work.is_wanted = False
    with pytest.raises(Superseded), work.turn(device):
        pass
    assert device.locked()  # still the other's


def test_waiting_ends_in_a_sentence(monkeypatch):
    monkeypatch.setattr(work_module, "LONGEST_WAIT", 0.0)
    device = threading.Lock()
    device.acquire()
    with pytest.raises(Busy, match="busy"), Work().turn(device):
        pass
