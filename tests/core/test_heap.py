"""Threads that come and go leave few arenas of the C library behind, and what is free goes back to the system."""

import platform
import re
import subprocess
import sys

import pytest

from core import heap

ONLY_GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has what these functions call")
ARENAS = """
import ctypes, sys, threading
from core import heap
if sys.argv[1] == "few":
    assert heap.keep_few_arenas()
together = threading.Barrier(16)
def work():
    held = [bytes(600 + i % 100) for i in range(5000)]  # more than Python's own allocator takes
    together.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
libc = ctypes.CDLL("libc.so.6")
libc.fopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""
HOLES = """
from pathlib import Path
from core import heap
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
before = resident()
held = [bytearray(60_000 if i % 2 else 600) for i in range(8000)]  # 240 MB
full = resident()
held = held[::2]  # what is small keeps the rest from being one free end
left = resident()
assert heap.trim()
print(full - before, left - before, resident() - before)
"""


@ONLY_GLIBC
def test_the_number_of_arenas_is_kept_low():
    counted = {}
    for how in ("many", "few"):
        done = subprocess.run([sys.executable, "-c", ARENAS, how], capture_output=True, text=True, check=True, timeout=60)
        counted[how] = len(re.findall("<heap nr", done.stdout))
    assert counted["few"] <= heap.MOST_ARENAS < counted["many"], counted


@ONLY_GLIBC
def test_what_is_free_between_what_is_held_goes_back():
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=60)
    full, left, trimmed = map(int, done.stdout.split())
    assert left > full / 2, "the C library keeps it by itself"
    assert trimmed < full / 4


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert heap.keep_few_arenas() is False
    assert heap.trim() is False
