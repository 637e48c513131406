"""Security headers for every HTTP answer: what the pages may load, and who may frame them. Other hosts' names are refused here."""

import base64
import hashlib
import logging
import re
from pathlib import Path
from urllib.parse import urlsplit

_LOGGER = logging.getLogger(__name__)
_REFUSED = "A websocket was refused: its host or its page's origin is not this server's (server.allowedHosts, server.corsAllowedOrigins)."
_POLICY = (
    "default-src 'none'",
    "script-src 'self' blob: 'wasm-unsafe-eval' {hashes}",  # blob: is how Streamlit loads a component's script
    "style-src 'self' 'unsafe-inline'",  # Streamlit and Plotly write style attributes
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "object-src 'none'",
)
_MADE = "/media/"  # files that a session made, of its texts: no browser keeps them


def content_security_policy(index_html: str) -> str:
    """The policy that lets through the inline scripts of this very index.html, by their hashes, and no others."""
    inline = re.findall(r"<script>(.*?)</script>", index_html, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline)
    return "; ".join(_POLICY).format(hashes=" ".join(f"'sha256-{digest}'" for digest in digests))


def streamlit_index() -> str:
    """The index.html of the Streamlit that is installed."""
    import streamlit

    return (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


class SecurityHeaders:
    """ASGI middleware that adds the headers to HTTP answers, one to a failure too, and leaves websockets alone."""

    def __init__(self, app):
        self.app = app
        self.headers = [
            (name.encode(), value.encode())
            for name, value in {
                "content-security-policy": content_security_policy(streamlit_index()),
                "x-content-type-options": "nosniff",
                "referrer-policy": "no-referrer",
                "x-frame-options": "DENY",
                "permissions-policy": "camera=(), microphone=(), geolocation=()",
                "cross-origin-opener-policy": "same-origin",
                "cross-origin-resource-policy": "same-origin",
            }.items()
        ]

    async def __call__(self, scope, receive, send):
        """Pass the request on; put the headers where an answer starts, in place of others of their names."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = [*self.headers, *([(b"cache-control", b"no-store")] if _MADE in scope["path"] else [])]
        ours, has_started = {name for name, _ in headers}, False

        async def send_with_headers(message):
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message = message | {"headers": [*kept, *headers]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            if not has_started:  # Starlette would answer from outside of this middleware, without the headers
                await refuse(send_with_headers, 500, "Something failed here. Whoever runs the server finds it in the log.")
            raise


class HostCheck:
    """ASGI middleware that answers nobody who asks for another host's name, and opens no websocket to another site's page.

    Streamlit asks for the name (`server.allowedHosts`) at its websocket alone: a page of another site whose name points here (DNS
    rebinding) could read the rest. And to judge a foreign origin it asks a server on the internet for this one's address.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        is_known = len(hosts) == 1 and is_host_allowed(hosts[0])
        if scope["type"] == "websocket" and not (is_known and all(_is_own(origin, hosts[0]) for origin in origins)):
            _LOGGER.warning(_REFUSED)
            return await send({"type": "websocket.close", "code": 1008})
        if not is_known:
            return await refuse(send, 403, "This server does not go by that name. Whoever runs it can add it to server.allowedHosts.")
        return await self.app(scope, receive, send)


def _values(scope, header: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope.get("headers", ()) if name.lower() == header]


def _is_own(origin: str, host: str) -> bool:
    """Whether a page of that origin is ours: on the same host and port, or named in Streamlit's settings."""
    from streamlit import config
    from streamlit.url_util import get_hostname

    if not config.get_option("server.enableCORS"):
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    listed = {named.strip().rstrip("/") for named in config.get_option("server.corsAllowedOrigins")}
    own = config.get_option("browser.serverAddress") if config.is_manually_set("browser.serverAddress") else None
    return parts.scheme in ("http", "https") and (
        parts.netloc == host or origin in listed or (own is not None and parts.hostname == get_hostname(own))
    )


async def refuse(send, status: int, sentence: str) -> None:
    """Answer with a plain sentence."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(sentence.encode())).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})
