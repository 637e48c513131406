"""The policy lets through exactly the inline scripts of Streamlit's own page."""

import asyncio
import base64
import hashlib

from dashboard.headers import SecurityHeaders, content_security_policy, streamlit_index


def digest(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def test_inline_scripts_are_named_by_hash():
    policy = content_security_policy("<head><script>a()</script><script src='x.js'></script><script>b()</script></head>")
    assert digest("a()") in policy and digest("b()") in policy and policy.count("sha256-") == 2
    assert "unsafe-inline" not in policy.split("style-src")[0] and "'unsafe-eval'" not in policy


def test_nothing_is_fetched_from_elsewhere():
    policy = content_security_policy(streamlit_index())
    assert "http" not in policy and "*" not in policy and "frame-ancestors 'none'" in policy
    assert "sha256-" in policy


def test_every_directive_names_nothing_or_this_server():
    """Those that don't fall back to default-src (base-uri, form-action, frame-ancestors) would be open where they are missing."""
    policy = content_security_policy(streamlit_index())
    directives = {name: set(values) for name, *values in (part.split() for part in policy.split("; "))}
    scripts = {value for value in directives.pop("script-src") if not value.startswith("'sha256-")}
    assert scripts == {"'self'", "blob:", "'wasm-unsafe-eval'"}
    assert {name for name, values in directives.items() if values == {"'none'"}} == {"default-src", "frame-ancestors", "object-src"}
    own = {"connect-src", "base-uri", "form-action", "frame-src", "manifest-src"}
    assert {name for name, values in directives.items() if values == {"'self'"}} == own
    assert {name: values - {"'self'"} for name, values in directives.items() if "'self'" in values and name not in own} == {
        "style-src": {"'unsafe-inline'"}, "img-src": {"data:", "blob:"}, "font-src": {"data:"}, "worker-src": {"blob:"}
    }  # fmt: skip


def answer(scope_type: str) -> list:
    async def app(scope, receive, send):
        await send({"type": f"{scope_type}.response.start", "headers": [(b"x", b"y")]})

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(SecurityHeaders(app)({"type": scope_type, "path": "/"}, None, send))
    return sent[0]["headers"]


def test_http_answers_carry_the_headers_and_keep_their_own():
    headers = dict(answer("http"))
    assert headers.pop(b"content-security-policy").decode() == content_security_policy(streamlit_index())
    assert headers == {
        b"x": b"y", b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer", b"x-frame-options": b"DENY",
        b"permissions-policy": b"camera=(), microphone=(), geolocation=()", b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
    }  # fmt: skip


def test_websockets_are_left_alone():
    assert answer("websocket") == [(b"x", b"y")]
