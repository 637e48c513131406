"""Devices: which is chosen, what memory it has, and that memory is given back."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core import devices
from core.devices import (
    DeviceError,
    choose_device,
    choose_dtype,
    choose_threads,
    free_memory,
    is_out_of_memory,
    release_memory,
    total_memory,
    used_memory,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(monkeypatch):
    """`machine(cuda=2, mps=False)`: as if this machine had these; no device of it is touched."""

    def have(cuda: int = 0, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    monkeypatch.delenv(devices.DEVICE_VARIABLE, raising=False)
    have()
    return have


@pytest.mark.parametrize("cuda, mps, chosen", [(1, True, "cuda"), (0, True, "mps"), (0, False, "cpu")])
def test_the_best_device_there_is(machine, cuda, mps, chosen):
    machine(cuda, mps)
    assert choose_device() == chosen


@pytest.mark.parametrize("asked", ["cpu", "cuda", "cuda:1", " cpu "])
def test_the_environment_overrides(machine, monkeypatch, asked):
    machine(cuda=2)
    monkeypatch.setenv(devices.DEVICE_VARIABLE, asked)
    assert choose_device() == asked.strip()
    assert choose_device("cpu") == "cpu"  # an argument overrides both


@pytest.mark.parametrize("empty", ["", "  ", "auto"])
def test_an_empty_override_is_none(machine, monkeypatch, empty):
    monkeypatch.setenv(devices.DEVICE_VARIABLE, empty)
    assert choose_device() == "cpu"


@pytest.mark.parametrize("asked", ["cuda", "cuda:2", "cuda:x", "cuda:-1", "mps", "tpu", "gpu:0", "cpu:3:1", "../x"])
def test_a_device_that_is_not_there_gets_a_sentence(machine, monkeypatch, asked):
    machine(cuda=2 if asked.startswith("cuda:") else 0)
    monkeypatch.setenv(devices.DEVICE_VARIABLE, asked)
    with pytest.raises(DeviceError) as caught:
        choose_device()
    sentence = str(caught.value)
    assert f"“{asked}”" in sentence and "cpu" in sentence and devices.DEVICE_VARIABLE in sentence


def test_precision_stays_full_until_agreement_is_measured(monkeypatch):
    assert choose_dtype("cpu") == choose_dtype("mps") == "fp32"
    for is_able in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: is_able)
        monkeypatch.setattr(devices, "BF16_AGREES", False)
        assert choose_dtype("cuda") == "fp32"
        monkeypatch.setattr(devices, "BF16_AGREES", True)
        assert choose_dtype("cuda:1") == ("bf16" if is_able else "fp32") and choose_dtype("cpu") == "fp32"


@pytest.mark.parametrize("owned, threads", [("3", 3), ("2,1", 2), ("1", 1)])
def test_the_owner_s_number_of_threads_wins(monkeypatch, owned, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", owned)
    assert choose_threads() == threads


@pytest.mark.parametrize("cores, threads", [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8)])
@pytest.mark.parametrize("owned", [None, "", "0", "many"])
def test_else_half_of_the_cores(monkeypatch, cores, threads, owned):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if owned is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", owned)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert choose_threads() == threads


def _raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        MemoryError(),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"),
        _raised(ValueError("The folder can't be loaded."), torch.OutOfMemoryError("CUDA out of memory.")),
    ],
)
def test_out_of_memory_in_every_wording(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [None, ValueError("out of memory"), RuntimeError("shape mismatch"), KeyError("x")])
def test_other_errors_are_something_else(error):
    assert not is_out_of_memory(error)


def test_torch_s_own_error_is_known():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.int8)
    assert is_out_of_memory(caught.value)


def test_memory_of_this_machine_adds_up():
    assert 0 < free_memory("cpu") <= total_memory("cpu") and 0 < used_memory("cpu") < total_memory("cpu")


def test_used_memory_follows_what_is_held_and_release_gives_it_back():
    """Small tensors, which the C library would keep for itself. In a process of its own: other tests leave holes to fill."""
    script = """
import torch
from core.devices import release_memory, used_memory
release_memory("cpu")
before = used_memory("cpu")
held = [torch.ones(2**14) for _ in range(2**10)]
assert used_memory("cpu") - before > 56 * 2**20
del held
release_memory("cpu")
assert used_memory("cpu") - before < 16 * 2**20
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)


def test_cycles_that_were_frozen_are_freed_and_the_rest_stays_frozen():
    """In a process of its own: freezing is for good."""
    script = """
import gc, weakref
from core.devices import release_memory
class Node: pass
node = Node(); node.itself = node; ref = weakref.ref(node)
gc.collect(); gc.freeze(); frozen = gc.get_freeze_count()
del node
gc.collect()
assert ref() is not None, "a frozen cycle is not looked for"
release_memory("cpu")
assert ref() is None and gc.get_freeze_count() > frozen // 2
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)


def test_nothing_is_frozen_where_nothing_was():
    before = gc.get_freeze_count()
    release_memory("cpu")
    assert (gc.get_freeze_count() > 0) == (before > 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_device_memory_is_given_back():
    release_memory("cuda")
    before = torch.cuda.memory_reserved()
    held = torch.ones(2**26, device="cuda")
    assert used_memory("cuda") >= 2**28 and free_memory("cuda") < total_memory("cuda")
    del held
    release_memory("cuda")
    assert torch.cuda.memory_reserved() == before
