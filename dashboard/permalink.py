"""The permalink: what a page's address holds, read on a visitor's first run and kept up to date after every one.

The texts are in it only where somebody asked for such a link; the address bar never holds them.
"""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from core.cards import WALL
from core.catalog import CATALOG
from core.comparison import REMOVALS
from core.records import PAIR_BREAK, LayerReport
from dashboard import engine, examples, model_wording, session, show_wording, wording
from dashboard.components import address_bar
from dashboard.learn_choice import N_STEPS
from dashboard.session import DEFAULT_REMOVAL

EXPLORE, COMPARE, CORPUS, PRESENT, LEARN = "explore", "compare", "corpus", "present", "learn"  # the pages
_ASKED = {"shown": "model", "target": "class", "against": "against"}  # of every page: state → name in the address
_LINKED = {
    EXPLORE: {**_ASKED, "method": "method"},
    COMPARE: {**_ASKED, "removal": "removal", "closer": "closer"},
    LEARN: {**_ASKED, "learn_step": "step"},
}
_LINKED[PRESENT] = _LINKED[EXPLORE]
_SILENT = {"removal": DEFAULT_REMOVAL, "learn_step": "1"}  # what a page shows without being told so is left out
_OF_ANY_MODEL = ("method", "removal", "closer", "learn_step")
_ON_EVERY_PAGE = ("two_texts", "target", "against")  # widgets that more than one page draws
MOST_CHARACTERS = 8000  # of an address: browsers take more, servers and mail programs often don't
_OWN_NAME = 200  # of them, left for the server's name


def start() -> None:
    """On a session's first run: fill the state from the address; what can't be used is told in `notices`."""
    state, address = st.session_state, st.query_params
    if "notices" in state:
        return
    asked = {key: address.get(name) or "" for page in _LINKED.values() for key, name in page.items()}
    state.notices = []
    if asked["shown"] not in ("", *CATALOG):  # only catalog names: an address must not make the server open anything else
        state.notices.append(model_wording.unknown_model(asked["shown"], tuple(known.label for known in CATALOG.values())))
        asked["shown"] = ""
    spec = CATALOG[asked["shown"] or engine.DEFAULT_MODEL]
    if asked["removal"] not in ("", *REMOVALS):
        state.notices.append(show_wording.unknown_removal(asked["removal"], tuple(REMOVALS)))
    if asked["closer"] not in ("", *WALL):
        state.notices.append(show_wording.unknown_closer(asked["closer"]))
        asked["closer"] = ""
    if asked["learn_step"] and not (_is_number(asked["learn_step"]) and 1 <= int(asked["learn_step"]) <= N_STEPS):
        state.notices.append(show_wording.unknown_step(asked["learn_step"], N_STEPS))
        asked["learn_step"] = ""
    state.update(asked, shown=spec.name, token=None, extra_methods=(), closer_is_chosen=bool(asked["closer"]))
    layer, word = address.get("layer", ""), address.get("word", "")
    state.layer_is_chosen = _is_number(layer)
    if layer and not state.layer_is_chosen:
        state.notices.append(wording.unknown_layer(layer))
    if word and not _is_number(word):
        state.notices.append(show_wording.unknown_word(word))
    state.layer_shown = int(layer) if state.layer_is_chosen else 0
    state.update(asked_word=int(word) if _is_number(word) else None, word_shown=None, gallery_round=0, example=None)
    state.update(text=address.get("text", ""), text_pair=address.get("text2", ""))
    state.update(expects_pair=bool(spec.pair), two_texts=bool(spec.pair or state.text_pair))
    if "text" not in address and not session.fill_in_example(spec, address.get("example", "")):
        state.notices.append(show_wording.unknown_example(address["example"]))
        session.fill_in_first_example(spec)


def _is_number(asked: str) -> bool:
    return asked.isascii() and asked.isdigit() and len(asked) < 4


def turn_to_page(page: str) -> None:
    """On the first run of another page: its widgets begin with what the same ones of the last page held.

    Streamlit hands on what the person typed or chose, but not what an address or an example put into an untouched widget.
    """
    state = st.session_state
    if state.get("page") != page:
        state.update(page=page, asked_word=state.word_shown or state.asked_word, word_shown=None)  # selected here, so there too
        state.update({key: state[key] for key in _ON_EVERY_PAGE if key in state})


# --- layer and word: in the address the word's place in the text, counted from 1 ---


def settle(report: LayerReport) -> None:
    """Once the text is read: select the word that the address asked for, and drop a layer that the model doesn't have."""
    state, tokens, n_states = st.session_state, report.tokens, len(report.layer_outputs)
    if state.layer_is_chosen and state.layer_shown >= n_states:
        state.layer_is_chosen = False
        _refuse(show_wording.missing_layer(state.layer_shown, n_states - 1))
    asked, state.asked_word = state.asked_word, None
    members = [token for token, word in enumerate(tokens.word_of) if asked and word == asked - 1]  # −1: of no word
    if members:
        state.token = members[0]
    elif asked is not None:
        _refuse(show_wording.missing_word(asked, len(tokens.word_spans)))
    word = -1 if state.token is None or state.token >= len(tokens.word_of) else int(tokens.word_of[state.token])
    state.word_shown = word + 1 if word >= 0 else None


def settle_compared_word(n_words: int) -> None:
    """The same on the page that compares, which knows words and no tokens."""
    state = st.session_state
    asked, state.asked_word = state.asked_word, None
    if asked in range(1, n_words + 1):
        state.word = asked - 1
    elif asked is not None:
        _refuse(show_wording.missing_word(asked, n_words))
    state.word_shown = None if state.word is None else state.word + 1


def _refuse(sentence: str) -> None:
    st.session_state.notices.append(sentence)
    st.rerun()  # notices stand above what is drawn already


# --- the links ---


def query(page: str, with_text: bool = False) -> str:
    """What follows the ? of a link to a page as it stands.

    Of a model that is not in the catalog it tells nothing: an address names no folder and starts no download.
    """
    state, first, second = st.session_state, *session.texts()
    in_catalog, link = state.shown in CATALOG, {}
    for key, name in _LINKED[page].items():
        is_told = in_catalog or key in _OF_ANY_MODEL
        if is_told and state.get(key) and state[key] != _SILENT.get(key) and (key != "closer" or state.closer_is_chosen):
            link[name] = state[key]
    if page in (EXPLORE, PRESENT) and state.layer_is_chosen and in_catalog:
        link["layer"] = str(state.layer_shown)
    example = _example(first, second) if in_catalog else None
    if example and not with_text:
        link["example"] = example
    if page != LEARN and state.word_shown is not None and (with_text or example is not None):
        link["word"] = str(state.word_shown)  # in another text it would be another word
    if with_text:
        link |= {"text": first} | ({} if second is None else {"text2": second})
    return urlencode(link, errors="replace")


def is_short_enough(link: str) -> bool:
    """Whether what `query` gave makes an address that arrives whole."""
    return len(link) <= MOST_CHARACTERS - _OWN_NAME


def names_model() -> bool:
    """Whether a link can name the model in use."""
    return st.session_state.shown in CATALOG


def holds_example() -> bool:
    """Whether a link leads to the very text without holding it, for it is one of the model's examples."""
    return names_model() and _example(*session.texts()) is not None


def _example(first: str, second: str | None) -> str | None:
    """Name of the model's example that stands in the boxes; empty for the first one, which comes by itself; None: none does."""
    text = first if second is None else first + PAIR_BREAK + second
    gallery = list(examples.gallery(CATALOG[st.session_state.shown]).items())
    return next(("" if number == 0 else name for number, (name, known) in enumerate(gallery) if known == text), None)


def standing() -> dict[str, str]:
    """What the address bar holds now."""
    page = st.session_state.get("page") or EXPLORE
    return dict(parse_qsl(query(page))) if page in _LINKED else st.query_params.to_dict()


def write_link(page: str) -> None:
    """Have the address bar hold the page as it stands, without the texts."""
    address_bar.show(page if page != EXPLORE else "", query(page))
