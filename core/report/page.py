"""The frame of a report: one file that runs nothing and asks nobody for anything."""

from core.report.look import CSS
from core.report.parts import Html, join, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Told to the browser too: even if something got in, nothing would be fetched, run or sent."""


def page(title: str, kicker: str, *pieces: str) -> Html:
    """A whole file. `title` names the tab; `kicker` stands above the pieces and says what this is."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(CSS)),
    )
    body = tag("body", tag("main", tag("p", kicker, class_="kicker"), *pieces))
    return join(Html("<!doctype html>\n"), tag("html", head, body, lang="en"), Html("\n"))
