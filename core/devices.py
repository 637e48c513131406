"""Where models run, in which precision and with how many threads; what memory there is, and how it is given back."""

import gc
import os
from pathlib import Path

import torch

from core import heap
from core.errors import SaliencyError

DEVICE_VARIABLE = "LAYER_SALIENCY_DEVICE"
# Half precision would be the choice on CUDA where it leaves explanations as they are: gradients of rank correlation ≥ 0.99
# with fp32, own ranks and top words the same in ≥ 99.9 %. `python -m tests.benchmarks.agreement` measures both. It has not
# been run on a card yet. On a CPU, which rounds alike, gradients meet the aim (0.9997) and readings miss it by far (own ranks
# 96.8 %, top words 99.7 %), so a whole classifier stays in fp32: its head reads in the same precision as its encoder.
BF16_AGREES = False
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")  # as torch words it, by device


class DeviceError(SaliencyError):
    """The device asked for isn't there, or answers no longer."""


def choose_device(asked: str = "auto") -> str:
    """`cuda`, else `mps` (Apple), else `cpu`; `asked`, or else LAYER_SALIENCY_DEVICE, overrides. Raises DeviceError.

    A number may follow where there are several: `cuda:1`.
    """
    asked = os.environ.get(DEVICE_VARIABLE, "auto").strip() or "auto" if asked == "auto" else asked
    there = [*(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
    if asked == "auto":
        return there[0]
    kind, _, index = asked.partition(":")
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if kind not in there or (index and not (index.isdecimal() and int(index) < count)):
        raise DeviceError(
            f"There is no device “{asked}” on this machine; there is {', '.join(there)}. "
            f"Set {DEVICE_VARIABLE} to one of these, or leave it unset."
        )
    return asked


def choose_dtype(device: str) -> str:
    """`bf16` on a CUDA card that computes in it, once agreement has been measured (`BF16_AGREES`); else `fp32`."""
    is_able = device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if BF16_AGREES and is_able else "fp32"


def choose_threads() -> int:
    """Threads that share one operation on the CPU: OMP_NUM_THREADS where its owner set it, else half of the cores that
    this process may use, at least one.

    Measured on two cores (tests/benchmarks/RESULTS.md): a server that also runs pages gave fewer answers with two threads
    than with one, for each waits for the other at every operation; two are faster only where nothing else runs.
    """
    owned = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if owned.isdecimal() and int(owned):
        return int(owned)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // 2)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, says that a device's memory did not suffice."""
    while error is not None:
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
            return True
        if isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY):
            return True
        error = error.__cause__
    return False


def free_memory(device: str) -> int:
    """Bytes that could still be allocated on a device, what torch keeps for reuse included."""
    if device.startswith("cuda"):
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    if device == "mps":
        return max(0, torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return _main_memory()[0]


def total_memory(device: str) -> int:
    """Bytes that a device has in all, for everyone."""
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(device)[1]
    return torch.mps.recommended_max_memory() if device == "mps" else _main_memory()[1]


def used_memory(device: str) -> int:
    """Bytes in use by this process: its tensors on a card, all of its resident memory on the CPU (0 where unknown)."""
    if device.startswith("cuda"):
        return torch.cuda.memory_allocated(device)
    if device == "mps":
        return torch.mps.current_allocated_memory()
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def check_answers(device: str) -> None:
    """Raises DeviceError where the device computes nothing any more: an error inside a graphics card stays until its program ends."""
    try:
        answer = float(torch.ones(2, device=device).sum())
    except Exception as error:  # noqa: BLE001 — whatever it raises, it did not compute
        if is_out_of_memory(error):
            return  # it answers, and is full
        answer = None
    if answer != 2.0:
        raise DeviceError(f"The device {device} no longer computes. Start the program anew, and go on with what was begun.")


def release_memory(device: str) -> None:
    """Give back what nothing refers to any more: cycles, what torch kept for reuse, and what the C library kept."""
    frozen = gc.get_freeze_count()
    if frozen:  # the launcher froze what it had loaded, and cycles among that are not looked for
        gc.unfreeze()
    gc.collect()
    if frozen:
        gc.freeze()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()
    else:
        heap.trim()


def _main_memory() -> tuple[int, int]:
    """(free, total) bytes of main memory, within the limit of this process's container where it has one."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 8 * 2**30
        return total // 2, total  # nobody says how much of it is free
    sizes = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    free, total = (int(sizes[name].split()[0]) * 1024 for name in ("MemAvailable", "MemTotal"))
    group = Path("/sys/fs/cgroup")
    limit = (group / "memory.max").read_text().strip() if (group / "memory.max").exists() else "max"
    if limit.isdecimal():
        files = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        used = int((group / "memory.current").read_text()) - int(files["inactive_file"])  # file pages give way to others
        total = min(total, int(limit))
        free = min(free, max(0, total - used))
    return free, total
