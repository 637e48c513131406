"""A server of the real application on a free port, and a real browser that may talk to nothing else."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.explore_page import ExplorePage

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120
expect.set_options(timeout=20_000)  # ms: a busy machine is slow, not wrong


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of the application, started as its users do but from a folder of its own."""
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log.txt"
    process, address = _start(folder, log)
    yield address
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    written = log.read_text()
    assert "Traceback" not in written, written[-3000:]


def _start(folder: Path, log: Path) -> tuple[subprocess.Popen, str]:
    for _ in range(3):  # a free port may be taken before the server gets it
        port = _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
            )
        address = f"http://127.0.0.1:{port}"
        if _answers(process, address):
            return process, address
        process.kill()
    pytest.fail("The server did not start:\n" + log.read_text()[-3000:])


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
        time.sleep(0.1)
    return False


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, or else Playwright's own."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        opened = playwright.chromium.launch(executable_path=chromium, args=QUIET, headless=True)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: str):
    """`visit(path, width=…, scheme=…)`: the Explore page of a new visitor. Fails on script errors and foreign requests."""
    contexts, errors, foreign = [], [], []

    def visit_page(path: str = "/", width: int = 1280, height: int = 900, scheme: str = "light") -> ExplorePage:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        contexts.append(context)
        local = (server, server.replace("http", "ws"), "data:", "blob:")

        def check(route):
            if route.request.url.startswith(local):
                return route.continue_()
            foreign.append(route.request.url)
            return route.abort()

        context.route("**/*", check)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
        page.goto(server + path)
        explore = ExplorePage(page)
        explore.settle()
        return explore

    yield visit_page
    for context in contexts:
        context.close()
    assert not errors, errors
    assert not foreign, f"The page asked for {foreign}"
