"""The links to what the page shows: one without the text, and one with it, behind a warning."""

import streamlit as st

from dashboard import permalink, session, show_wording
from dashboard.components.assets import register

_link_box = register("link_box")


def show(page: str) -> None:
    """Draw the button; behind it, both links to `page` (`permalink.EXPLORE` and its like)."""
    with st.popover(show_wording.LINK, width="content", key="link-popover"):
        _link_box(data=_data(page), key=f"link-box-{page}")


def _data(page: str) -> dict:
    """What the component draws; it puts the server's own name before what is said here, as the visitor knows it."""
    plain, refusal = permalink.query(page), ""
    with_text = permalink.query(page, with_text=True)
    if not session.texts()[0].strip():
        with_text, refusal = None, show_wording.no_text()
    elif not permalink.is_short_enough(with_text):
        with_text, refusal = None, show_wording.too_long(len(with_text), permalink.MOST_CHARACTERS)
    return {
        "copy": show_wording.COPY,
        "query": plain,
        "about": show_wording.about_link(page, permalink.holds_example(), permalink.names_model()),
        "copyWithText": show_wording.COPY_WITH_TEXT,
        "queryWithText": with_text,
        "warning": refusal or f"{show_wording.WARNING} {show_wording.about_length(len(with_text))}",
        "copied": show_wording.COPIED,
        "notCopied": show_wording.NOT_COPIED,
        "local": show_wording.LOCAL,
        "field": show_wording.FIELD,
    }
