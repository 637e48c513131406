"""A server of the real application, and a real browser that may talk to nothing else."""

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.explore_page import ExplorePage
from tests.browser.server import launch_chromium, serve

expect.set_options(timeout=20_000)  # ms: a busy machine is slow, not wrong


@pytest.fixture(scope="package")  # not the session: Playwright keeps an event loop running, which other tests must not meet
def server(tmp_path_factory):
    """Address of the application."""
    with serve(tmp_path_factory.mktemp("server")) as address:
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
