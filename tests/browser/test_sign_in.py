"""Sign-in through Streamlit's own OpenID Connect, against a provider of this test, in a real browser and past it."""

import asyncio
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import websockets
from playwright.sync_api import expect

from dashboard import sign_in_wording as words
from tests.browser.explore_page import IDLE
from tests.browser.oidc_provider import Provider
from tests.browser.server import LOG, serve

HERO_WORD = ".st-key-card-hero [data-unit]"
CLOSED = [
    "/media/0.png",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/static/index.html",
    "/compare",
    "/",
]


@pytest.fixture(scope="module")
def provider():
    """Who signs people in."""
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def signed_server(tmp_path_factory, provider):
    """Address of an application whose secrets ask for sign-in."""
    folder = tmp_path_factory.mktemp("sign-in")
    (folder / ".streamlit").mkdir()
    secrets = provider.secrets() + '[sign_in]\nallow = ["@example.org"]\n'
    (folder / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
    # Streamlit warns of every refused token with a traceback
    with serve(folder, "starlette_auth_routes.py", LAYER_SALIENCY_RUNS=str(folder / "runs")) as address:
        yield address
    logged = (folder / LOG).read_text()
    assert not [word for word in ("ann@", "eve@", *provider.told) if word in logged], "the log tells who signed in, or with what"


@pytest.fixture
def page(browser, provider):
    """A page of a new visitor; fails on errors of scripts and of the content security policy."""
    provider.fault, errors = "", []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    yield opened
    context.close()
    provider.fault, provider.claims["email"], provider.claims["email_verified"] = "", "ann@example.org", True
    assert not errors, errors


def sign_in(page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name=words.SIGN_IN).click()
    page.get_by_role("link", name="Continue as Ann").click()


def answer(address: str, method: str = "GET", cookie: str = "", accept: str = "*/*") -> tuple[int, str]:
    """Status and body."""
    request = urllib.request.Request(address, method=method, headers={"Accept": accept, "Cookie": cookie})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def opens(address: str, cookie: str = "") -> bool:
    """Whether the application's websocket lets one in."""

    async def knock() -> bool:
        headers = {"Cookie": cookie} if cookie else {}
        stream = address.replace("http", "ws") + "/_stcore/stream"
        try:
            async with websockets.connect(stream, subprotocols=["streamlit"], origin=address, additional_headers=headers):
                return True
        except websockets.InvalidStatus as refused:
            assert refused.response.status_code == 403
            return False

    with ThreadPoolExecutor(1) as thread:  # Playwright's event loop may be running in this one
        return thread.submit(asyncio.run, knock()).result(60)


def test_nothing_is_answered_to_whoever_is_not_signed_in(signed_server):
    for path in CLOSED:
        status, body = answer(signed_server + path)
        assert (status, body) == (403, words.EXPIRED), path
    assert answer(f"{signed_server}/_stcore/upload_file/any/any", "PUT")[0] == 403
    assert answer(f"{signed_server}/_stcore/health") == (200, "ok")
    assert not opens(signed_server) and not opens(signed_server, "_streamlit_user=forged; _streamlit_user_1=forged")


def test_who_is_asked_to_sign_in_sees_no_box_and_no_words(page, signed_server):
    page.goto(f"{signed_server}/compare?layer=3")
    expect(page.get_by_text(words.ASKED)).to_be_visible()
    assert page.title() == words.TITLE
    assert page.get_by_role("textbox").count() == 0 and page.locator("script").count() == 0 and page.locator(IDLE).count() == 0


def test_in_through_the_provider_and_out_again(page, signed_server, provider):
    sign_in(page, signed_server)
    expect(page.locator(HERO_WORD).first).to_be_visible(timeout=90_000)
    expect(page.get_by_text("ann@example.org")).to_be_visible()
    page.wait_for_selector(IDLE, timeout=90_000)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    user = cookies["_streamlit_user"]
    assert user["httpOnly"] and user["sameSite"] == "Lax"
    cookie = f"_streamlit_user={user['value']}"
    forged = cookie.rpartition(".")[0] + "." + "A" * 27
    assert opens(signed_server, cookie) and not opens(signed_server, forged), "a cookie that nobody signed opens the door"
    assert answer(f"{signed_server}/_stcore/host-config", cookie=cookie)[0] == 200
    assert answer(f"{signed_server}/_stcore/host-config", cookie=forged)[0] == 403

    page.get_by_role("button", name=words.SIGN_OUT).click()
    expect(page.get_by_text(words.ASKED)).to_be_visible(timeout=30_000)
    assert provider.signed_out and provider.signed_out[-1]["client_id"], "the provider was not told of the sign-out"
    assert not [cookie for cookie in page.context.cookies() if cookie["name"].startswith("_streamlit_user")]
    page.goto(signed_server)
    expect(page.get_by_text(words.ASKED)).to_be_visible()


@pytest.mark.parametrize("fault", ["nonce", "signature", "audience", "expired", "issuer", "denied"])
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(page, signed_server, provider, fault):
    provider.fault = fault
    sign_in(page, signed_server)
    expect(page.get_by_text(words.REFUSED)).to_be_visible()
    assert page.locator(IDLE).count() == 0
    page.goto(signed_server)
    expect(page.get_by_text(words.ASKED)).to_be_visible()


def test_a_code_without_this_browser_s_own_state_is_refused(page, signed_server):
    """A link that somebody else began to sign in with."""
    page.goto(f"{signed_server}/oauth2callback?code=any&state=any")
    expect(page.get_by_text(words.REFUSED)).to_be_visible()


@pytest.mark.parametrize("claims", [{"email": "eve@example.net"}, {"email_verified": False}])
def test_an_account_that_is_not_let_in_is_told_and_can_leave(page, signed_server, provider, claims):
    provider.claims.update(claims)
    sign_in(page, signed_server)
    expect(page.get_by_text(words.NOT_ALLOWED)).to_be_visible()
    cookie = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_streamlit_user")
    assert not opens(signed_server, f"_streamlit_user={cookie}")
    page.get_by_role("link", name=words.SIGN_OUT).click()
    expect(page.get_by_text(words.ASKED)).to_be_visible()


def test_a_provider_that_is_not_known_leads_back(signed_server):
    status, body = answer(f"{signed_server}/sign-in?provider=https://elsewhere.example", accept="text/html")
    assert status == 403 and words.ASKED in body
