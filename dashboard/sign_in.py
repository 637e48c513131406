"""The door: where the secrets ask for sign-in, nothing but the way to it is answered to people who have not signed in.

Streamlit's own `st.login` lets everybody open the websocket, and only then does the script ask who it is: uploads, media and
the script itself would be open. This stands before all of them. Who signs in, and how that is verified, is Streamlit's and
Authlib's affair: its routes /auth/login, /oauth2callback and /auth/logout, and the cookie that they sign.
"""

import json
import sys
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from streamlit import get_option

from dashboard import sign_in_wording as words
from dashboard.sign_in_page import sign_in_page
from dashboard.sign_in_settings import CALLBACK, SignIn, SignInError, read_sign_in

_START, _LOGIN, _LOGOUT, _HEALTH = "sign-in", "auth/login", "auth/logout", "_stcore/health"
_NEVER_KEPT = {"cache-control": "no-store"}  # the same address shows something else once they are in


_LOCAL = ("localhost", "::1")


def warning_of(address: str | None, settings: SignIn | None) -> str:
    """What whoever starts a server at this address should know: that it answers everybody. Empty where it does not.

    Streamlit listens everywhere where it is given no address (None).
    """
    is_local = address is not None and (address in _LOCAL or address.startswith("127."))
    return "" if is_local or settings is not None else words.OPEN.format(address or "every address of this machine")


class Door:
    """ASGI middleware. Without sign-in in the secrets it passes everything on; with secrets that can't be used, nothing."""

    def __init__(self, app):
        self.app = app
        self.settings: SignIn | None = None
        self.is_broken = False
        try:
            self.settings = read_sign_in()
        except SignInError as error:
            self.is_broken = True
            print(error, file=sys.stderr)
        if not self.is_broken and (warning := warning_of(get_option("server.address"), self.settings)):
            print(warning, file=sys.stderr)

    async def __call__(self, scope, receive, send):
        """Pass the request on, or answer it here."""
        if scope["type"] not in ("http", "websocket") or (self.settings is None and not self.is_broken):
            return await self.app(scope, receive, send)
        path = _path(scope) if scope["type"] == "http" else None
        if self.is_broken:
            return await _answer(scope, receive, send, words.BROKEN, {}, 503)
        user = signed_in_user(scope, self.settings)
        if path in (_LOGIN, CALLBACK):
            return await self._through_the_provider(scope, receive, send, path, user)
        if path in (_HEALTH, _LOGOUT):
            return await self.app(scope, receive, send)
        if path == _START:
            return await self._to_the_provider(scope, receive, send)
        if user is None:
            return await _answer(scope, receive, send, words.ASKED, self._ways(), 403)
        if not self.settings.lets_in(user):
            return await _answer(scope, receive, send, words.NOT_ALLOWED, {words.SIGN_OUT: _address(_LOGOUT)}, 403)
        await self.app(scope, receive, send)

    def _ways(self) -> dict[str, str]:
        named = {
            name: words.SIGN_IN if name == "default" else words.SIGN_IN_WITH.format(name) for name in self.settings.providers
        }
        return {text: f"{_address(_START)}?provider={quote(name)}" for name, text in named.items()}

    async def _to_the_provider(self, scope, receive, send) -> None:
        """Streamlit's own login address holds a token that ends after two minutes: it is made when the link is followed."""
        from streamlit.user_info import generate_login_redirect_url

        asked = HTTPConnection(scope).query_params.get("provider", "default")
        known = asked in self.settings.providers
        where = generate_login_redirect_url(asked) if known else _address("")
        await RedirectResponse(where, 303, _NEVER_KEPT)(scope, receive, send)

    async def _through_the_provider(self, scope, receive, send, path: str, user: dict | None) -> None:
        """Streamlit goes back to the first page without a word when a sign-in failed: say it."""
        asked = HTTPConnection(scope).query_params
        if path == CALLBACK and "error" in asked:  # anybody can write that address: Streamlit would log what it says
            return await _page(words.REFUSED, self._ways(), 403)(scope, receive, send)
        held = None

        async def hold(message):
            nonlocal held
            if message["type"] == "http.response.start":
                if path == _LOGIN:
                    failed = words.UNREACHABLE if message["status"] >= 400 else None
                else:
                    tried = "code" in asked or "error" in asked  # else it is the way back from a sign-out
                    failed = words.REFUSED if tried and not _is_in_after(message["headers"], user) else None
                if failed:
                    kept = [pair for pair in message["headers"] if pair[0].lower() == b"set-cookie"]
                    held = _page(failed, self._ways(), 403 if path == CALLBACK else 502)
                    held.raw_headers.extend(kept)
                    return await held(scope, receive, send)
            if held is None:
                await send(message)

        await self.app(scope, receive, hold)


def signed_in_user(scope: dict, settings: SignIn) -> dict | None:
    """The claims in the cookie that Streamlit signed for this server, or None."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    cookies = HTTPConnection(scope).cookies
    found = get_cookie_with_chunks(
        lambda name: decode_signed_value(get_cookie_secret(), name, cookies.get(name, "")), USER_COOKIE_NAME
    )
    user = json.loads(found) if found else {}
    is_ours = (
        user.get("is_logged_in") is True and user.get("origin") == settings.origin and user.get("provider") in settings.providers
    )
    return user if is_ours else None


def _is_in_after(headers: list[tuple[bytes, bytes]], before: dict | None) -> bool:
    """Whether one is signed in once the browser has these headers."""
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    start = f"{USER_COOKIE_NAME}=".encode()
    values = [
        value[len(start) :].split(b";")[0] for name, value in headers if name.lower() == b"set-cookie" and value.startswith(start)
    ]
    return values[-1] not in (b"", b'""') if values else before is not None


def _path(scope: dict) -> str:
    """The path below the application's own root, without slashes around it."""
    from streamlit import config

    root = (config.get_option("server.baseUrlPath") or "").strip("/")
    path = scope["path"].strip("/")
    return path[len(root) :].strip("/") if root and (path + "/").startswith(root + "/") else path


def _address(path: str) -> str:
    from streamlit import config
    from streamlit.url_util import make_url_path

    return make_url_path(config.get_option("server.baseUrlPath"), path)


def _page(sentence: str, ways: dict[str, str], status: int) -> HTMLResponse:
    return HTMLResponse(sign_in_page(sentence, ways), status, _NEVER_KEPT)


async def _answer(scope, receive, send, sentence: str, ways: dict[str, str], status: int) -> None:
    """A page to whoever opens one, a line of text to a program, a closed door to a websocket."""
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    wants_page = "text/html" in HTTPConnection(scope).headers.get("accept", "") and scope["method"] in ("GET", "HEAD")
    short = words.EXPIRED if ways else sentence
    answer = _page(sentence, ways, status) if wants_page else PlainTextResponse(short, status, _NEVER_KEPT)
    await answer(scope, receive, send)
