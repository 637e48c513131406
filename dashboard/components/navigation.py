"""The pages, and the ways between them."""

import streamlit as st

from dashboard import compare_wording, corpus_wording, learn_wording, permalink, present_wording

_EXPLORE, _COMPARE, _CORPUS = "views/explore.py", "views/compare.py", "views/corpus.py"
_LEARN = "views/learn.py"
_NAMES = {
    _EXPLORE: compare_wording.EXPLORE_PAGE,
    _COMPARE: compare_wording.COMPARE_PAGE,
    _CORPUS: corpus_wording.CORPUS_PAGE,
    _LEARN: learn_wording.LEARN_PAGE,
}
_PRESENT = "views/present.py"
PRESENT = "present"  # its path; it stands in no list of pages, for it shows what Explore shows


def pages() -> list:
    """Every page, the first one at the root of the address."""
    listed = [st.Page(file, title=name, url_path=name.lower(), default=file == _EXPLORE) for file, name in _NAMES.items()]
    return [*listed, st.Page(_PRESENT, title=present_wording.PRESENT_PAGE, url_path=PRESENT)]


def show() -> None:
    """Draw a link to each page."""
    with st.container(gap=None, key="pages"):
        for file, name in _NAMES.items():
            st.page_link(file, label=name, width="stretch")


def show_compare_button() -> None:
    """Draw the way to the comparison of this very text."""
    if st.button(compare_wording.GO_COMPARE, help=compare_wording.GO_COMPARE_HELP):
        _go(_COMPARE)


def show_present_button() -> None:
    """Draw the way to the presenter view of this very text."""
    if st.button(present_wording.GO_PRESENT, help=present_wording.GO_PRESENT_HELP):
        _go(_PRESENT)


def go_to_explore() -> None:
    """Leave for the page that explains one text; ends this run."""
    _go(_EXPLORE)


def _go(file: str) -> None:
    """Turn to a page; ends this run. With what the address bar holds, or Streamlit would first empty the bar, in an entry of its
    own in the browser's history, and Back would have to be pressed twice.
    """
    st.switch_page(file, query_params=permalink.standing())
