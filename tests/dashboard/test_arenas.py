"""Threads that come and go leave few arenas of the C library behind."""

import platform
import re
import subprocess
import sys

import pytest

from dashboard import arenas

PROGRAM = """
import ctypes, sys, threading
from dashboard import arenas
if sys.argv[1] == "few":
    assert arenas.keep_few()
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps arenas that can be counted")
def test_the_number_of_arenas_is_kept_low():
    counted = {}
    for how in ("many", "few"):
        done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=60)
        counted[how] = len(re.findall("<heap nr", done.stdout))
    assert counted["few"] <= arenas.MOST < counted["many"], counted


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert arenas.keep_few() is False
