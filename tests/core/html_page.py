"""What tests of HTML share: a page taken apart, and hostile words."""

from html.parser import HTMLParser

EVIL = "<script>alert(\"1\")</script> & 'quoted' <img src=x onerror=alert(2)>"
REQUESTING = {"src", "href", "srcset", "data", "action", "formaction", "background", "poster", "ping", "xlink:href"}
"""Attributes by which a page fetches or sends something."""


class Page(HTMLParser):
    """Tags, attributes and text of a piece of HTML, and the text that isn't isolated from its neighbours' direction; fails on tags
    that don't close."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.open, self.outside = [], [], "", [], ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in ("br", "meta"):
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.text += data.replace("\xa0", " ")  # which keeps a unit with its number
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag != "bdi" and "unicode-bidi:isolate" not in (attributes.get("style") or ""):
            self.outside += data


def with_text_everywhere(value, text: str, keep: tuple[str, ...] = ()):
    """Each string and number of a saved report by turns replaced by `text`: what a hostile file may hold."""
    if isinstance(value, dict):
        for key in value:
            if key not in ("schema", *keep):
                yield from ({**value, key: changed} for changed in with_text_everywhere(value[key], text, keep))
    elif isinstance(value, list):
        yield from ([changed, *value[1:]] for changed in with_text_everywhere(value[0], text, keep)) if value else ()
    else:
        yield text
