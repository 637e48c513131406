"""How long people wait for the page: `python -m tests.benchmarks.page [--rounds 9]`.

Starts the server as the README does. First visitor: from the moment the server says it is ready to the coloured words
standing in a real browser. Rerun: a websocket client asks for the same page again, whose report is cached; beside
it stands a session's first run, with a text that nobody asked for before.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
import urllib.parse
from pathlib import Path

import websockets
from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.timing import print_machine
from tests.browser.server import launch_chromium, serve

HERO_WORD = ".st-key-card-hero [data-unit]"


async def ask(socket, query: str) -> float:
    """Seconds from asking for the page to the end of its script."""
    message = BackMsg()
    message.rerun_script.query_string = query
    start = time.perf_counter()
    await socket.send(message.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(await asyncio.wait_for(socket.recv(), 120))
        if answer.WhichOneof("type") == "script_finished":
            return time.perf_counter() - start


async def measure_reruns(address: str, text: str, rounds: int) -> tuple[float, list[float]]:
    """Seconds of a session's first run with a new text, and of its cached reruns."""
    url = address.replace("http", "ws") + "/_stcore/stream"
    query = urllib.parse.urlencode({"text": text})
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
        first = await ask(socket, query)
        await ask(socket, query)  # warm
        return first, [await ask(socket, query) for _ in range(rounds)]


def measure_first_picture(address: str) -> float:
    """Seconds until the coloured words are visible in a fresh Chromium that is running already."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        start = time.perf_counter()
        page.goto(address)
        page.locator(HERO_WORD).first.wait_for(state="visible")
        seconds = time.perf_counter() - start
        browser.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    print_machine()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        ready = time.perf_counter() - started
        picture = measure_first_picture(address)
        first, reruns = asyncio.run(measure_reruns(address, "A text that nobody has asked for: the film is quiet and lovely.", args.rounds))
    rerun = statistics.median(reruns)
    print("\n| what | ms | ratio to a cached rerun |\n|---|---:|---:|")
    rows = {
        "cached rerun of the page, median": rerun,
        "first run with a new text": first,
        "first visitor's first picture": picture,
        "server start until it is ready": ready,
    }
    for name, seconds in rows.items():
        print(f"| {name} | {seconds * 1000:.0f} | {seconds / rerun:.1f} |")


if __name__ == "__main__":
    main()
