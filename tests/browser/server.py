"""The real application on a free port, and a real Chromium: for the browser tests and for the page's benchmark."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FONTS = Path(__file__).parent / "fonts.conf"
APP = Path(__file__).parents[2] / "dashboard" / "app.py"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # letters stand where they stand in a Chromium with a window
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing is asked of anybody else
]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first without a frame that nobody sees
START_SECONDS = 120
LOG = "log.txt"


@contextlib.contextmanager
def serve(folder: Path, may_trace: str = "", **environment: str) -> Iterator[str]:
    """Address of the application, started as its users do but from `folder`, where its log is kept. Fails if it logs a traceback,
    but for those that begin in a file `may_trace` of a library."""
    log = folder / LOG
    process, address = _start(folder, log, environment)
    try:
        yield address
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
    written = log.read_text()
    firsts = [trace.partition("\n")[2].partition("\n")[0] for trace in written.split("Traceback")[1:]]
    assert all(may_trace and f"/{may_trace}" in first for first in firsts), written[-3000:]


def launch_chromium(playwright: Playwright) -> Browser:
    """The system's Chromium, or else Playwright's own; it reaches nothing but this machine."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    fonts = {**os.environ, "FONTCONFIG_FILE": str(FONTS)}
    return playwright.chromium.launch(executable_path=chromium, args=QUIET, headless=True, env=fonts)


def _start(folder: Path, log: Path, environment: dict[str, str]) -> tuple[subprocess.Popen, str]:
    for _ in range(3):  # a free port may be taken before the server gets it
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}", "--server.headless=true"]
        known = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=known)
        address = f"http://127.0.0.1:{port}"
        if _answers(process, address):
            return process, address
        process.kill()
    raise RuntimeError("The server did not start:\n" + log.read_text()[-3000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(process: subprocess.Popen, address: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).read() == b"ok":
                return True
        time.sleep(0.05)
    return False
