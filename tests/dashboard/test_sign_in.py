"""Settings of the sign-in, and the door that stands before everything where there are any."""

import asyncio
import html
import json

import pytest
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard import sign_in, sign_in_settings
from dashboard import sign_in_wording as words
from dashboard.sign_in_settings import SignIn, SignInError, as_sign_in

SECRET = "0123456789abcdef0123456789abcdef"
PROVIDER = {
    "client_id": "a",
    "client_secret": "b",
    "server_metadata_url": "https://provider.example/.well-known/openid-configuration",
}
EVERYWHERE = "0.0.0.0"  # noqa: S104 — nothing here listens at it
SHARED = {"redirect_uri": "https://saliency.example/oauth2callback", "cookie_secret": SECRET}


def test_secrets_that_ask_for_nothing():
    assert as_sign_in({}) is None and as_sign_in({"something": {"else": 1}}) is None


def test_one_provider_and_several():
    assert as_sign_in({"auth": SHARED | PROVIDER}) == SignIn(("default",), "https://saliency.example")
    several = as_sign_in({"auth": SHARED | {"google": PROVIDER, "okta": PROVIDER}, "sign_in": {"allow": ["@Example.org "]}})
    assert several == SignIn(("google", "okta"), "https://saliency.example", ("@example.org",))


@pytest.mark.parametrize(
    "secrets, reason",
    [
        ({"auth": PROVIDER | SHARED | {"cookie_secret": "short"}}, "has 5 characters"),
        ({"auth": PROVIDER | {"redirect_uri": SHARED["redirect_uri"]}}, "has 0 characters"),
        ({"auth": PROVIDER | SHARED | {"redirect_uri": "https://saliency.example/"}}, "oauth2callback"),
        ({"auth": PROVIDER | SHARED | {"redirect_uri": "oauth2callback"}}, "oauth2callback"),
        ({"auth": SHARED}, "names no provider"),
        ({"auth": SHARED | {"client_id": "a"}}, "lacks client_secret, server_metadata_url"),
        ({"auth": SHARED | {"google": {"client_id": "a"}}}, r"\[auth.google\] lacks"),
        ({"auth": SHARED | {"my_own": PROVIDER}}, "underscore"),
        ({"auth": "yes"}, "no section"),
        ({"sign_in": {"allow": ["@example.org"]}}, "no section"),
        ({"auth": PROVIDER | SHARED, "sign_in": {"allow": []}}, "needs allow"),
        ({"auth": PROVIDER | SHARED, "sign_in": {"allow": "@example.org"}}, "needs allow"),
        ({"auth": PROVIDER | SHARED, "sign_in": {}}, "needs allow"),
    ],
)
def test_what_lacks_is_said_in_a_sentence(secrets, reason):
    with pytest.raises(SignInError, match=reason):
        as_sign_in(secrets)


def test_who_is_let_in():
    everybody = SignIn(("default",), "https://saliency.example")
    assert everybody.lets_in({}) and everybody.lets_in({"email": "eve@example.net"})
    some = SignIn(("default",), "https://saliency.example", ("@example.org", "bob@example.net"))
    assert some.lets_in({"email": "Ann@Example.org", "email_verified": True}) and some.lets_in(
        {"email": "bob@example.net", "email_verified": True}
    )
    for claims in (
        {"email": "eve@example.net"},
        {"email": "ann@sub.example.org"},
        {"email": "ann@example.org.evil.example"},
        {"email": "example.org"},
        {},
    ):
        assert not some.lets_in(claims | {"email_verified": True}), claims
    assert not some.lets_in({"email": "ann@example.org"}) and not some.lets_in(
        {"email": "ann@example.org", "email_verified": "true"}
    )


def write_secrets(folder, monkeypatch, text: str) -> None:
    """Secrets as the server would find them; forgotten again after the test."""
    from streamlit.runtime.secrets import Secrets

    file = folder / "secrets.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr("streamlit.config.get_option", lambda name: [str(file)] if name == "secrets.files" else None)
    monkeypatch.setattr("streamlit.secrets", Secrets())


def test_a_file_of_secrets_that_is_no_toml_does_not_open_the_server(tmp_path, monkeypatch):
    write_secrets(tmp_path, monkeypatch, "[auth\nclient_id = ")
    with pytest.raises(SignInError, match="can't be read"):
        sign_in_settings.read_sign_in()


def test_sign_in_without_its_extra_is_told_what_to_install(tmp_path, monkeypatch):
    lines = "".join(f"{name} = '{value}'\n" for name, value in (SHARED | PROVIDER).items())
    write_secrets(tmp_path, monkeypatch, f"[auth]\n{lines}")
    monkeypatch.setattr("streamlit.auth_util.is_authlib_installed", lambda: False)
    with pytest.raises(SignInError, match="requirements-signin.txt"):
        sign_in_settings.read_sign_in()


def test_secrets_for_something_else_ask_nobody_to_sign_in(tmp_path, monkeypatch):
    write_secrets(tmp_path, monkeypatch, "[database]\npassword = 'x'\n")
    assert sign_in_settings.read_sign_in() is None


def asked(door, path: str = "/", kind: str = "http", accept: bytes = b"*/*", cookie: bytes = b"", query: bytes = b"") -> list[dict]:
    """What is sent to whoever asks, without a cookie where none is given."""
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"accept", accept), (b"host", b"saliency.example"), (b"cookie", cookie)]
    asyncio.run(door({"type": kind, "path": path, "method": "GET", "headers": headers, "query_string": query}, None, send))
    return sent


def a_door(monkeypatch, settings) -> sign_in.Door:
    async def application(scope, receive, send):
        await send({"type": "passed on"})

    monkeypatch.setattr(sign_in, "read_sign_in", settings)
    return sign_in.Door(application)


def test_without_secrets_everything_passes(monkeypatch):
    door = a_door(monkeypatch, lambda: None)
    assert (
        asked(door, "/_stcore/stream", "websocket") == asked(door, "/any") == asked(door, "/sign-in") == [{"type": "passed on"}]
    )


def test_with_secrets_only_the_way_in_is_open(monkeypatch):
    door = a_door(monkeypatch, lambda: SignIn(("default",), "https://saliency.example"))
    assert asked(door, "/_stcore/health") == asked(door, "/auth/logout") == [{"type": "passed on"}]
    for path in (
        "/",
        "/media/x.png",
        "/_stcore/health/..",
        "/_stcore/healthy",
        "/auth/login/../../media/x",
        "/_stcore/upload_file/a/b",
    ):
        assert asked(door, path)[0]["status"] == 403, path
    for path in ("/_stcore/stream", "/", "/sign-in", "/auth/login", "/oauth2callback", "/_stcore/health"):
        assert asked(door, path, "websocket") == [{"type": "websocket.close", "code": 1008}], path


def cookie_of(claims: dict, secret: str | None = None) -> bytes:
    """The cookie that Streamlit gives to whom it has signed in; with another secret, one that it has not given."""
    signed = create_signed_value(secret or get_cookie_secret(), USER_COOKIE_NAME, json.dumps(claims))
    return f"{USER_COOKIE_NAME}=".encode() + signed


ANN = {"is_logged_in": True, "origin": "https://saliency.example", "provider": "default", "email": "ann@example.org", "email_verified": True}
ONE = SignIn(("default",), "https://saliency.example", ("@example.org",))


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_who_is_signed_in_is_let_in(monkeypatch, kind):
    assert asked(a_door(monkeypatch, lambda: ONE), kind=kind, cookie=cookie_of(ANN)) == [{"type": "passed on"}]


@pytest.mark.parametrize("change", [
    {"is_logged_in": False}, {"is_logged_in": "true"}, {"origin": "https://elsewhere.example"}, {"origin": None}, {"provider": "other"},
    {"email": "eve@example.net"}, {"email_verified": False},
])  # fmt: skip
def test_a_cookie_that_is_not_of_this_sign_in_opens_nothing(monkeypatch, change):
    """The last two are of people whom the provider knows and this server does not let in: they are told so."""
    door, cookie = a_door(monkeypatch, lambda: ONE), cookie_of(ANN | change)
    assert asked(door, "/_stcore/stream", "websocket", cookie=cookie) == [{"type": "websocket.close", "code": 1008}]
    start, body = asked(door, "/", accept=b"text/html", cookie=cookie)
    said = words.NOT_ALLOWED if change.keys() & {"email", "email_verified"} else words.ASKED
    assert start["status"] == 403 and html.escape(said) in body["body"].decode()


def test_a_cookie_that_this_server_did_not_sign_opens_nothing(monkeypatch):
    door = a_door(monkeypatch, lambda: ONE)
    for cookie in (cookie_of(ANN, secret="f" * 32), f"{USER_COOKIE_NAME}=".encode() + json.dumps(ANN).encode(), f"{USER_COOKIE_NAME}=".encode()):
        assert asked(door, "/_stcore/stream", "websocket", cookie=cookie) == [{"type": "websocket.close", "code": 1008}]


def test_what_an_address_says_in_the_provider_s_name_reaches_no_log(monkeypatch):
    """Anybody can write it; Streamlit would log it."""
    start, body = asked(a_door(monkeypatch, lambda: ONE), "/oauth2callback", query=b"error=anything&error_description=words")
    assert start["status"] == 403 and html.escape(words.REFUSED) in body["body"].decode()


def test_settings_that_cannot_be_used_close_the_server(monkeypatch, capsys):
    def broken():
        raise SignInError("cookie_secret is short")

    door = a_door(monkeypatch, broken)
    assert "cookie_secret is short" in capsys.readouterr().err
    for path in ("/", "/_stcore/health", "/auth/login", "/media/x.png"):
        start, body = asked(door, path, accept=b"text/html")
        assert start["status"] == 503 and "can&#x27;t be used" in body["body"].decode() and "cookie" not in body["body"].decode()
    assert words.BROKEN.count("can't") == 1
    assert asked(door, "/_stcore/stream", "websocket")[0]["type"] == "websocket.close"


def test_the_page_escapes_what_it_is_given():
    from dashboard.sign_in_page import sign_in_page

    html = sign_in_page("<b>", {'"><script>': '"><script>'})
    assert "<b>" not in html and "<script" not in html


@pytest.mark.parametrize(
    "address, is_open", [("127.0.0.1", False), ("127.0.1.1", False), ("localhost", False), ("::1", False), (EVERYWHERE, True), ("::", True),
    (None, True), ("", True), ("192.168.1.7", True), ("saliency.example", True)],
)  # fmt: skip
def test_whoever_opens_a_server_to_everybody_is_told(address, is_open):
    assert bool(sign_in.warning_of(address, None)) == is_open
    assert sign_in.warning_of(address, SignIn(("default",), "https://saliency.example")) == ""


def test_the_warning_is_written_at_start(monkeypatch, capsys):
    monkeypatch.setattr(sign_in, "read_sign_in", lambda: None)
    monkeypatch.setattr(sign_in, "get_option", {"server.address": EVERYWHERE}.get)
    sign_in.Door(None)
    assert "listens at 0.0.0.0 and asks nobody to sign in" in capsys.readouterr().err
