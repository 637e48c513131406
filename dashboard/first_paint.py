"""What the browser is given before Streamlit has started: the pages' own style, name and reading font.

Streamlit's index.html knows none of them. Sent only with the page's first elements, they moved everything that stood already:
the column narrowed, its top rose, the sidebar pushed it aside, and the text explained changed its font.
"""

from pathlib import Path

from dashboard import theme, wording

_FOR_PART = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")  # headers that ask for less, or packed
STREAMLITS_OWN = b"<title>Streamlit</title>"  # in its index.html, and in no other HTML that this server sends
WITHOUT_SIDEBAR = "/present"  # the page, as `components.navigation` names it, that has none
_OF_THE_FILE = (b"content-length", b"etag", b"last-modified", b"accept-ranges")  # headers of an answer that are no longer true


def serif_font() -> str:
    """Address, relative to the page's root, of the font in which texts are read; empty where this Streamlit brings none."""
    import streamlit

    root = Path(streamlit.__file__).parent / "static"
    return next((f"./{file.relative_to(root)}" for file in root.glob("static/media/SourceSerifVariable-Roman*.woff2")), "")


def dressed(index_html: str, font: str, has_sidebar: bool = True) -> str:
    """Streamlit's index.html with the name of the pages, the font to fetch early, and their style.

    The style stands at the end of the body: of two rules of one weight the later one wins, and Streamlit writes its own into the
    head.
    """
    preload = f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin />' if font else ""
    html = index_html.replace(STREAMLITS_OWN.decode(), f"<title>{wording.NAME}</title>{preload}")
    if not has_sidebar:  # nothing keeps its place, see styles/page.css
        html = html.replace("<html ", '<html class="ls-no-sidebar" ', 1)
    return html.replace("</body>", f"{theme.page_css()}</body>")


class FirstPaint:
    """ASGI middleware that dresses the HTML that a browser opens, and leaves everything else alone."""

    def __init__(self, app):
        self.app, self.font = app, serif_font()

    async def __call__(self, scope, receive, send):
        """Pass the request on; hold back an answer of HTML until it is whole."""
        headers = scope.get("headers", [])
        accepts = next((value for name, value in headers if name == b"accept"), b"")
        if scope["type"] != "http" or scope["method"] != "GET" or b"text/html" not in accepts:
            return await self.app(scope, receive, send)
        scope = scope | {"headers": [pair for pair in headers if pair[0] not in _FOR_PART]}
        held, body = None, b""

        async def dress(message):
            nonlocal held, body
            if message["type"] == "http.response.start" and _is_html(message):
                held = message
            elif held is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body") and STREAMLITS_OWN not in body:  # a report on its way to somebody's disk
                    await send(held)
                    await send({"type": "http.response.body", "body": body})
                elif not message.get("more_body"):
                    whole = dressed(body.decode(), self.font, not scope["path"].rstrip("/").endswith(WITHOUT_SIDEBAR)).encode()
                    kept = [pair for pair in held["headers"] if pair[0].lower() not in _OF_THE_FILE]
                    await send(held | {"headers": [*kept, (b"content-length", str(len(whole)).encode())]})
                    await send({"type": "http.response.body", "body": whole})

        return await self.app(scope, receive, dress)


def _is_html(message: dict) -> bool:
    kind = next((value for name, value in message["headers"] if name.lower() == b"content-type"), b"")
    return message["status"] == 200 and kind.startswith(b"text/html")
