"""A server of the real application, and a real browser that may talk to nothing else."""

import shutil

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.explore_page import ExplorePage
from tests.browser.server import launch_chromium, serve
from tests.browser.slow_line import SlowLine
from tests.core.hub_server import HubServer

expect.set_options(timeout=20_000)  # ms: a busy machine is slow, not wrong


SLOW = 0.7  # seconds for each 16 kB: a tiny model of the hub takes as long as a real one


@pytest.fixture(scope="package")
def models(family_of, variant_folder, tmp_path_factory):
    """The one folder that the application reads models from."""
    root = tmp_path_factory.mktemp("models")
    shutil.copytree(variant_folder("bert", ("contradiction", "entailment", "neutral")), root / "tiny-mnli")
    shutil.copytree(family_of("bert-headless").path, root / "headless")
    return root


@pytest.fixture(scope="package")
def hub(family_of):
    """A slow hub with one model of the catalog; there is no other."""
    with HubServer(seconds_per_block=SLOW) as running:
        running.add("unitary/toxic-bert", family_of("bert").path)
        yield running


@pytest.fixture(scope="package")  # not the session: Playwright keeps an event loop running, which other tests must not meet
def server(tmp_path_factory, models, hub):
    """Address of the application."""
    home = tmp_path_factory.mktemp("home")
    where = {"LAYER_SALIENCY_MODEL_ROOT": str(models), "HF_HOME": str(home), "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0"}
    where["LAYER_SALIENCY_RUNS"] = str(tmp_path_factory.mktemp("runs"))
    with serve(tmp_path_factory.mktemp("server"), **where) as address:
        yield address


@pytest.fixture(scope="package")  # not the session: Playwright keeps an event loop running, which other tests must not meet
def browser():
    """A Chromium."""
    with sync_playwright() as playwright:
        opened = launch_chromium(playwright)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: str):
    """`visit(path, width=…, scheme=…)`: the Explore page of a new visitor. Fails on script errors and foreign requests.

    `with_line=True` puts a `SlowLine` between the page and its server.
    """
    contexts, errors, foreign = [], [], []

    def visit_page(
        path: str = "/", width: int = 1280, height: int = 900, scheme: str = "light", with_line: bool = False
    ) -> ExplorePage:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        contexts.append(context)
        local = (server, server.replace("http", "ws"), "data:", "blob:")
        context.on("request", lambda request: None if request.url.startswith(local) else foreign.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
        explore = ExplorePage(page, SlowLine(page) if with_line else None)
        page.goto(server + path)
        explore.settle()
        return explore

    yield visit_page
    for context in contexts:
        context.close()
    assert not errors, errors
    assert not foreign, f"The page asked for {foreign}"
