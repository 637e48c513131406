"""What goes wrong around the pages' engine: memory that runs out, a model that is gone, and people who change their minds."""

import shutil
import threading

import numpy as np
import pytest
import torch

from core import memory, pool
from core.catalog import find_model
from core.errors import ModelError
from core.memory import MemoryFull
from core.models import load_classifier
from core.progress import silent
from core.records import Query
from core.turns import FairQueue, Superseded
from dashboard import serving, work
from dashboard.serving import Service
from dashboard.work import Desk
from tests.families import SENTENCES
from tests.waiting import wait_until

PATIENCE = 60.0  # seconds: a busy machine is slow, not wrong


# --- memory ---


@pytest.fixture
def card(family_of, monkeypatch):
    """(service, spec, full): a machine with a card, played by the processor; a device in `full` has memory for no forward pass."""
    full: set[str] = set()

    def load(spec, device, dtype, progress):
        classifier = load_classifier(spec, "cpu", "fp32", progress)

        def check(*_) -> None:
            if device in full:
                raise torch.OutOfMemoryError(f"{device} out of memory. Tried to allocate 2.00 GiB.")

        classifier.model.register_forward_pre_hook(check)
        return classifier

    monkeypatch.setattr(serving, "choose_device", lambda asked="auto": "cuda")
    monkeypatch.setattr(pool, "place_of", lambda spec, device="auto", dtype="auto": pool.Place(spec, device, "fp32"))
    for module in (pool, memory):
        monkeypatch.setattr(module, "release_memory", lambda device: None)
    monkeypatch.setattr(pool, "free_memory", lambda device: 2**40)
    monkeypatch.setattr(pool, "total_memory", lambda device: 2**41)
    return Service(load), find_model(str(family_of("bert").path)), full


def test_a_card_without_memory_hands_the_question_to_the_processor(card):
    service, spec, full = card
    told, query = [], Query(spec.name, SENTENCES[0])
    before = service.analyse(query, spec, "a", silent)[0]
    full.add("cuda")
    report = service.analyse(query, spec, "a", lambda *step: told.append(step))[0]
    assert (memory.MOVED, 0.0) in told
    assert all(np.array_equal(one.scores, report.maps[name].scores) for name, one in before.maps.items())
    assert {(place.device, users) for place, _, users in service.pool.held()} == {("cuda", 0), ("cpu", 0)}  # nothing stays leased


def test_no_memory_anywhere_is_a_sentence_and_the_next_visitor_is_served(card):
    service, spec, full = card
    full.update(("cuda", "cpu"))
    with pytest.raises(MemoryFull, match="does not fit into the memory.*Give a shorter text"):
        service.analyse(Query(spec.name, SENTENCES[0]), spec, "a", silent)
    full.clear()
    assert np.isfinite(service.analyse(Query(spec.name, SENTENCES[1]), spec, "b", silent)[0].prediction.logits).all()
    for turns in service._turns.values():
        assert all(queue._running is None and not queue._lanes for queue in (turns._steps, turns._long))


def test_all_of_a_device_s_work_is_done_in_one_thread(card):
    """Memory that libraries keep for each thread that computes is then kept once (see `DeviceTurns.compute`)."""
    service, spec, _ = card
    seen, asking = [], [
        threading.Thread(target=lambda person=person: service.run(spec, person, silent, lambda *_: seen.append(threading.get_ident())))
        for person in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(PATIENCE)
    assert len(seen) == 8 and len(set(seen)) == 1


def test_a_model_whose_folder_went_is_refused_in_a_sentence_and_comes_back_with_it(family_of, tmp_path):
    place = shutil.copytree(family_of("bert").path, tmp_path / "model")
    spec, query = find_model(str(place)), Query("m", SENTENCES[0])
    service = Service(max_models=1)
    first = service.analyse(query, spec, "a", silent)[0]
    place.rename(tmp_path / "elsewhere")
    assert np.array_equal(service.analyse(query, spec, "a", silent)[0].prediction.logits, first.prediction.logits)  # it is loaded
    service.pool.clear()
    with pytest.raises(ModelError, match="There is no folder"):
        service.analyse(query, spec, "a", silent)
    (tmp_path / "elsewhere").rename(place)
    assert np.array_equal(service.analyse(query, spec, "a", silent)[0].prediction.logits, first.prediction.logits)


# --- people who change their minds ---


def test_of_a_thousand_quick_questions_of_one_person_the_last_is_answered_and_the_rest_given_up(monkeypatch):
    """As a thousand reruns of a page ask them, with the device's turns in between; nobody else notices."""
    monkeypatch.setattr(work, "ABANDONED", PATIENCE)  # no page stands here and says that it still waits
    desk, queue, release, begun, finished = Desk(8), FairQueue(), threading.Event(), [], []

    def ask(person: str, number: int):
        def compute(tell):
            with queue.turn(person, tell) as step:
                begun.append(number)
                while not release.wait(0.01):
                    step("Reading", 0.5)
                step("Reading", 0.5)
                finished.append((person, number))
                return number

        return desk.ask(person, (person, number), compute)

    other = ask("other", 0)
    jobs = [ask("hasty", number) for number in range(1000)]
    assert len(desk._under_way) <= 1001 and threading.active_count() < 100
    wait_until(lambda: begun, PATIENCE)
    release.set()
    assert jobs[-1].future.result(PATIENCE) == 999 and other.future.result(PATIENCE) == 0
    for job in jobs[:-1]:
        assert isinstance(job.future.exception(PATIENCE), Superseded)
    assert sorted(finished) == [("hasty", 999), ("other", 0)]
    wait_until(lambda: not desk._under_way, PATIENCE)
    assert queue._running is None and not queue._lanes
