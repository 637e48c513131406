"""Security headers for every HTTP answer: what the pages may load, and who may frame them."""

import base64
import hashlib
import re
from pathlib import Path

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
    """ASGI middleware that adds the headers to HTTP answers and leaves websockets alone."""

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
            }.items()
        ]

    async def __call__(self, scope, receive, send):
        """Pass the request on; add the headers where an answer starts."""

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
