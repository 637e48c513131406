"""The pool of models: shared loads, bounds, leases, and loads that fail or are given up."""

import gc
import multiprocessing
import threading
import time
import weakref
from dataclasses import replace

import pytest
import torch

from core.catalog import CATALOG
from core.devices import DeviceError, is_out_of_memory, used_memory
from core.errors import ModelError
from core.pool import WAITING, ModelPool, parameter_bytes
from core.room import refuse_too_large
from core.turns import Cancelled
from tests.waiting import wait_until

BASE = next(iter(CATALOG.values()))
A, B, C, D = (replace(BASE, name=name) for name in "abcd")


class Model:
    """As much of a classifier as a pool looks at."""

    def __init__(self, name: str, n_bytes: int):
        self.name, self.memory_bytes, self.weights = name, n_bytes, torch.ones(n_bytes // 4)


class Loader:
    """Makes models of `size` bytes. A load stops half-way at each name in `gates` until its event is set."""

    def __init__(self, size: int = 1000):
        self.size, self.gates, self.errors, self.begun, self.made = size, {}, {}, [], weakref.WeakSet()
        self.at_once = self.most_at_once = 0

    def __call__(self, spec, device, dtype, progress):
        self.begun.append(spec.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            model = Model(spec.name, self.size)
            self.made.add(model)
            while spec.name in self.gates and not self.gates[spec.name].wait(0.01):
                progress("Reading weights", 0.5)
            if spec.name in self.errors:
                raise self.errors[spec.name]
            progress("Ready", 1.0)
            return model
        finally:
            self.at_once -= 1


class Visitor(threading.Thread):
    """Leases a model in a thread of its own and holds it until told to go."""

    def __init__(self, pool: ModelPool, spec):
        super().__init__(daemon=True)
        self.pool, self.spec = pool, spec
        self.told, self.outcome = [], None
        self.holds, self.give_back, self.leave = threading.Event(), threading.Event(), threading.Event()
        self.start()

    def run(self):
        try:
            with self.pool.lease(self.spec, self.hear) as model:
                self.outcome = model.name
                del model
                self.holds.set()
                self.give_back.wait(10)
        except BaseException as error:
            self.outcome = error

    def hear(self, stage, share):
        self.told.append((stage, share))
        if self.leave.is_set():
            raise Cancelled

    def end(self):
        """What came of it, after it has given the model back."""
        self.give_back.set()
        self.join(10)
        assert not self.is_alive()
        return self.outcome


def use(pool: ModelPool, spec) -> str:
    with pool.lease(spec) as model:
        return model.name


def names(pool: ModelPool) -> list[str]:
    return [place.spec.name for place, *_ in pool.held()]


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def pool(loader, monkeypatch):
    monkeypatch.setenv("LAYER_SALIENCY_DEVICE", "cpu")
    return ModelPool(loader, max_models=2, max_bytes=10_000)


def test_a_model_is_loaded_once(pool, loader):
    assert [use(pool, A) for _ in range(3)] == ["a"] * 3
    assert loader.begun == ["a"] and pool.holds(A) and not pool.holds(B)


def test_device_and_dtype_are_part_of_the_key(pool, loader):
    for dtype in ("fp32", "bf16", "fp32"):
        with pool.lease(A, dtype=dtype):
            pass
    assert loader.begun == ["a", "a"] and names(pool) == ["a", "a"]
    with pytest.raises(DeviceError, match="cuda:99"), pool.lease(A, device="cuda:99"):
        pass


def test_the_least_recently_used_goes_first(pool, loader):
    for spec in (A, B, A, C):
        use(pool, spec)
    assert names(pool) == ["a", "c"]
    use(pool, B)
    assert names(pool) == ["c", "b"] and loader.begun == ["a", "b", "c", "b"]


def test_bytes_bound_the_pool_too(loader):
    pool = ModelPool(loader, max_models=9, max_bytes=2500)
    for spec in (A, B, C):
        use(pool, spec)
    assert names(pool) == ["b", "c"] and sum(size for _, size, _ in pool.held()) <= 2500


def test_a_model_larger_than_the_bound_is_still_served_and_stays_until_another_is_asked_for(loader):
    pool = ModelPool(loader, max_models=9, max_bytes=100)
    assert use(pool, A) == use(pool, A) == "a" and loader.begun == ["a"]
    assert use(pool, B) == "b" and names(pool) == ["b"]


def test_a_model_in_use_is_never_freed_under_its_user(pool, loader):
    with pool.lease(A) as held:
        for spec in (B, C, D, B):
            use(pool, spec)
        assert "a" in names(pool) and held.weights.sum() == 250
        with pool.lease(B), pool.lease(C), pool.lease(D):
            assert set(names(pool)) == {"a", "b", "c", "d"}  # all in use: more than the bound
    assert len(names(pool)) == 2 and len(loader.made) == 2 + ("a" not in names(pool))  # `held` keeps its own until here


def test_what_was_evicted_is_gone(pool, loader):
    for spec in (A, B, C, D):
        use(pool, spec)
    gc.collect()
    assert sorted(model.name for model in loader.made) == ["c", "d"]
    pool.clear()
    assert not pool.held() and not len(loader.made)


def test_clear_spares_what_is_in_use(pool):
    use(pool, B)
    with pool.lease(A):
        pool.clear()
        assert names(pool) == ["a"]


def test_two_people_share_one_load(pool, loader):
    gate = loader.gates["a"] = threading.Event()
    people = [Visitor(pool, A) for _ in range(5)]
    wait_until(lambda: all(("Reading weights", 0.5) in visitor.told for visitor in people))
    gate.set()
    for visitor in people:
        assert visitor.holds.wait(5)
    assert pool.held()[0][2] == 5  # leases
    assert [visitor.end() for visitor in people] == ["a"] * 5
    assert loader.begun == ["a"] and pool.held()[0][2] == 0


def test_one_load_at_a_time_and_whoever_waits_is_told(pool, loader):
    gate = loader.gates["a"] = threading.Event()
    first = Visitor(pool, A)
    wait_until(lambda: loader.begun == ["a"])
    second = Visitor(pool, B)
    wait_until(lambda: (WAITING, 0.0) in second.told)
    assert loader.begun == ["a"]
    gate.set()
    assert [first.end(), second.end()] == ["a", "b"] and loader.most_at_once == 1


def test_a_load_that_fails_leaves_nothing_behind_and_is_tried_again(pool, loader):
    loader.errors["a"] = ModelError("The weights end too soon.")
    for attempt in range(2):
        with pytest.raises(ModelError, match="too soon"):
            use(pool, A)
        assert loader.begun == ["a"] * (attempt + 1) and not pool.held() and not pool._loads
    wait_until(lambda: not len(loader.made))  # although the error, which points to the frame that held it, is alive
    del loader.errors["a"]
    assert use(pool, A) == "a"


def test_everyone_who_waits_hears_of_a_failure(pool, loader):
    gate = loader.gates["a"] = threading.Event()
    loader.errors["a"] = ModelError("No.")
    people = [Visitor(pool, A) for _ in range(3)]
    wait_until(lambda: all(visitor.told for visitor in people))
    gate.set()
    assert {str(visitor.end()) for visitor in people} == {"No."} and loader.begun == ["a"]


def test_a_failure_doesn_t_hold_up_the_next_load(pool, loader):
    loader.errors["a"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        use(pool, A)
    assert use(pool, B) == "b"


def test_the_only_one_who_waits_cancels_and_the_load_stops(pool, loader):
    loader.gates["a"] = threading.Event()  # never opened: only stopping ends this load
    visitor = Visitor(pool, A)
    wait_until(lambda: ("Reading weights", 0.5) in visitor.told)
    visitor.leave.set()
    assert isinstance(visitor.end(), Cancelled)
    wait_until(lambda: loader.at_once == 0 and not pool._loads and not len(loader.made))
    assert not pool.held()
    del loader.gates["a"]
    assert use(pool, A) == "a"  # not remembered as broken


def test_a_load_goes_on_while_another_waits(pool, loader):
    gate = loader.gates["a"] = threading.Event()
    first, second = Visitor(pool, A), Visitor(pool, A)
    wait_until(lambda: first.told and second.told)
    first.leave.set()
    assert isinstance(first.end(), Cancelled)
    time.sleep(0.1)
    gate.set()
    assert second.end() == "a" and loader.begun == ["a"] and pool.held()[0][2] == 0


def test_downloads_go_side_by_side_and_stop_like_loads(loader, monkeypatch):
    """A slow one holds up nobody else's load, and ends when nobody waits for it."""
    monkeypatch.setenv("LAYER_SALIENCY_DEVICE", "cpu")
    ended = threading.Event()

    def fetch(spec, progress):
        try:
            while spec.name == "a":
                progress("Downloading", 0.1)
                time.sleep(0.01)
        finally:
            ended.set() if spec.name == "a" else None

    pool = ModelPool(loader, fetch=fetch)
    slow = Visitor(pool, A)
    wait_until(lambda: ("Downloading", 0.1) in slow.told)
    assert use(pool, B) == "b" and loader.begun == ["b"]
    slow.leave.set()
    assert isinstance(slow.end(), Cancelled) and ended.wait(5)
    assert names(pool) == ["b"] and use(pool, C) == "c"


def test_cancelling_while_another_model_loads(pool, loader):
    gate = loader.gates["a"] = threading.Event()
    first, second = Visitor(pool, A), Visitor(pool, B)
    wait_until(lambda: (WAITING, 0.0) in second.told or (WAITING, 0.0) in first.told)
    wait_until(lambda: loader.begun)
    second.leave.set()
    gate.set()
    second.end()
    assert first.end() == "a"
    wait_until(lambda: not pool._loads)


def test_asking_again_right_after_cancelling(pool, loader):
    """However the two meet, whoever asked last gets the model."""
    for _ in range(6):
        gate = loader.gates["a"] = threading.Event()
        first = Visitor(pool, A)
        wait_until(lambda: first.told)
        first.leave.set()
        first.join(10)
        second = Visitor(pool, A)
        gate.set()
        assert second.end() == "a" and [users for *_, users in pool.held()] == [0]
        pool.clear()


def test_many_people_and_few_places(loader):
    """Threads that come and go over more models than fit: each gets the model it asked for, nothing is left leased."""
    pool, wrong = ModelPool(loader, max_models=2, max_bytes=10_000), []

    def visit(seed: int) -> None:
        for i in range(8):
            spec = (A, B, C, D)[(seed * 7 + i * i) % 4]
            with pool.lease(spec) as model:
                time.sleep(0.0005)
                if model.name != spec.name or model.weights.sum() != 250:
                    wrong.append((spec.name, model.name))

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and loader.most_at_once == 1
    assert len(names(pool)) == 2 and [users for *_, users in pool.held()] == [0, 0]
    del thread, threads
    gc.collect()
    assert len(loader.made) == 2


def test_out_of_memory_frees_what_is_idle_and_loads_once_more(pool, loader):
    use(pool, A)
    calls = []

    def tight(spec, device, dtype, progress):
        calls.append(len(loader.made))
        if loader.made:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return loader(spec, device, dtype, progress)

    pool._load_model = tight
    assert use(pool, B) == "b" and calls == [1, 0] and names(pool) == ["b"]
    with pool.lease(B), pytest.raises(torch.OutOfMemoryError), pool.lease(C):
        pass
    assert calls == [1, 0, 1]  # nothing idle: no second attempt


def test_idle_models_go_before_a_load_that_would_exceed_the_bound(loader):
    pool, there = ModelPool(loader, max_models=9, max_bytes=2500, fetch=lambda spec, progress: 1000), []
    pool._load_model = lambda spec, *rest: (there.append(names(pool)), loader(spec, *rest))[1]
    for spec in (A, B, C):
        use(pool, spec)
    assert there == [[], ["a"], ["b"]] and names(pool) == ["b", "c"]


def test_what_does_not_fit_is_refused_before_it_is_loaded(loader, monkeypatch):
    """Idle models make room first; what is in use is not counted on."""
    free = {"cpu": lambda: 2000 - 1000 * len(loader.made)}
    monkeypatch.setattr("core.pool.free_memory", lambda device: free[device]())
    sizes = {"a": 1000, "b": 2000, "c": 2001 * 10**9, "d": None}
    pool = ModelPool(loader, max_models=9, max_bytes=10**15, fetch=lambda spec, progress: sizes[spec.name])
    assert use(pool, A) == "a" and use(pool, B) == "b" and names(pool) == ["b"]
    with pytest.raises(ModelError, match=r"“c” takes 2,001.0 GB.* has 0.0 GB free\. .*smaller model") as caught:
        use(pool, C)
    assert loader.begun == ["a", "b"] and not is_out_of_memory(caught.value)
    assert use(pool, D) == "d"  # of unknown size: tried
    with pool.lease(A), pytest.raises(ModelError), pool.lease(B):
        pass


def test_what_does_not_fit_a_card_counts_as_out_of_its_memory():
    """So that the work moves to the processor, as when the load itself ran out."""
    with pytest.raises(ModelError, match="“cuda:1” has 1.0 GB") as caught:
        refuse_too_large("m", "cuda:1", 2 * 10**9, 10**9)
    assert is_out_of_memory(caught.value)
    refuse_too_large("m", "cuda:1", 10**9, 10**9)


def resident_memory_over_loads() -> tuple[list[int], int]:
    """Bytes resident after each of 12 loads of 32 MB models, one kept at a time, and after the last was dropped."""
    loader, seen = Loader(size=32 * 2**20), []
    pool = ModelPool(loader, max_models=1, max_bytes=2**40)
    for i in range(12):
        use(pool, (A, B)[i % 2])
        seen.append(used_memory("cpu"))
    assert loader.begun == ["a", "b"] * 6
    pool.clear()
    return seen, used_memory("cpu")


def test_memory_is_really_given_back():
    """Resident memory stands where it stood after the first loads (a fresh process: other tests' memory comes and goes)."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        seen, cleared = process.apply(resident_memory_over_loads)
    assert max(seen[4:]) - min(seen[4:]) < 16 * 2**20
    assert cleared < seen[-1] - 24 * 2**20


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_device_memory_is_really_given_back():
    def load(spec, device, dtype, progress):
        model = torch.nn.Linear(4096, 4096, device=device)
        model.memory_bytes = parameter_bytes(model)
        return model

    pool, before = ModelPool(load, max_models=1), torch.cuda.memory_reserved()
    for i in range(6):
        with pool.lease((A, B)[i % 2], device="cuda"):
            assert torch.cuda.memory_allocated() < 2 * 4097 * 4096 * 4
    pool.clear()
    assert torch.cuda.memory_allocated() == 0 and torch.cuda.memory_reserved() <= before


def test_shared_storage_counts_once():
    layer, twin = torch.nn.Linear(8, 4), torch.nn.Linear(8, 4)
    twin.weight = layer.weight
    assert parameter_bytes(layer) == (8 * 4 + 4) * 4
    assert parameter_bytes(layer, twin) == parameter_bytes(torch.nn.ModuleList([layer, twin])) == (8 * 4 + 4 + 4) * 4
    layer.register_buffer("view", layer.weight.detach()[:2])
    assert parameter_bytes(layer) == (8 * 4 + 4) * 4
