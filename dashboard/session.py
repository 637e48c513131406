"""What a session remembers: the permalink, the texts, and the choices on the page."""

from collections.abc import Callable

import streamlit as st

from core.catalog import CATALOG
from core.methods import ON_DEMAND
from core.model_spec import ModelSpec
from core.records import PAIR_BREAK, Settings
from dashboard import engine, examples, model_wording, wording
from dashboard.units import Units

_LINKED = {"shown": "model", "target": "class", "against": "against", "method": "method"}  # state → name in the address
_OF_ANY_MODEL = ("method",)


def start() -> None:
    """On a session's first run: fill the state from the address; what can't be used is told in `notices`."""
    state, address = st.session_state, st.query_params
    if "notices" in state:
        return
    asked = {key: address.get(name) or "" for key, name in _LINKED.items()}
    state.notices = []
    if asked["shown"] not in ("", *CATALOG):  # only catalog names: an address must not make the server open anything else
        state.notices.append(model_wording.unknown_model(asked["shown"], tuple(CATALOG)))
        asked["shown"] = ""
    spec = CATALOG[asked["shown"] or engine.DEFAULT_MODEL]
    state.update(asked, shown=spec.name, token=None, extra_methods=())
    layer = address.get("layer", "")
    state.layer_is_chosen = layer.isascii() and layer.isdigit() and len(layer) < 4
    if layer and not state.layer_is_chosen:
        state.notices.append(wording.unknown_layer(layer))
    state.layer_shown = int(layer) if state.layer_is_chosen else 0
    state.update(text=address.get("text", ""), text_pair=address.get("text2", ""), text_in_link="text" in address, gallery_round=0)
    state.update(expects_pair=bool(spec.pair), two_texts=bool(spec.pair or state.text_pair))
    if "text" not in address:
        fill_in_first_example(spec)


def write_link() -> None:
    """Put model, class, method and a chosen layer into the address; the texts only if asked to.

    Of a model that is not in the catalog it tells nothing: an address names no folder and starts no download.
    """
    state = st.session_state
    in_catalog = state.shown in CATALOG
    link = {name: state[key] for key, name in _LINKED.items() if state.get(key) and (in_catalog or key in _OF_ANY_MODEL)}
    if state.layer_is_chosen and in_catalog:
        link["layer"] = str(state.layer_shown)
    if state.get("text_in_link"):
        first, second = texts()
        link |= {"text": first} | ({} if second is None else {"text2": second})
    if dict(st.query_params) != link:
        st.query_params.from_dict(link)


def notices() -> list[str]:
    """What couldn't be used of the address."""
    return st.session_state.notices


# --- the texts ---


def texts() -> tuple[str, str | None]:
    """The text, and the second one where two are to be read and there is one."""
    state = st.session_state
    has_second = state.two_texts and bool(state.text_pair.strip())
    return state.text, state.text_pair if has_second else None


def has_two_texts() -> bool:
    """Whether there are boxes for two texts."""
    return st.session_state.two_texts


def lacks_second_text() -> bool:
    """Whether the model expects two texts and gets one."""
    return st.session_state.expects_pair and texts()[1] is None


def is_untouched_example() -> bool:
    """Whether what stands in the boxes is an example, letter for letter."""
    first, second = texts()
    return examples.is_example(first if second is None else first + PAIR_BREAK + second)


def fill_in_first_example(spec: ModelSpec) -> None:
    """Put the model's first example into the boxes; without one, they stay as they are."""
    for name, example in list(examples.gallery(spec).items())[:1]:
        forget_example()
        st.session_state[gallery_key()] = name
        _fill_in(example)


def gallery_key() -> str:
    """Key of the widget with the examples: another one whenever none is chosen any more.

    With one key for good, a click right behind an edit would reach the server with the choice that the browser still
    showed, look like a new choice of it, and put the example in the place of what was typed.
    """
    return f"example-{st.session_state.gallery_round}"


def forget_example() -> None:
    """What stands in the boxes is no example any more, or another model's."""
    st.session_state.gallery_round += 1


def take_example(spec: ModelSpec) -> None:
    """The model's gallery was clicked: its text replaces what stands in the boxes."""
    name = st.session_state.get(gallery_key())
    if name is not None:
        _fill_in(examples.gallery(spec)[name])
    forget_word()


def _fill_in(example: str) -> None:
    state = st.session_state
    state.text = example
    if state.expects_pair:
        state.text, state.text_pair = examples.split_pair(example)
        state.two_texts = True


def edit_text() -> None:
    """A text was edited: it is no example any more."""
    forget_example()
    forget_word()


def forget_word() -> None:
    """Another text: the selected word and the notices about the address no longer belong to it."""
    st.session_state.token, st.session_state.notices = None, []


# --- layer and word ---


def settle_layer(recommended: int, n_states: int) -> None:
    """Before the layer slider is drawn: follow the recommendation until the person chose a layer that exists."""
    state = st.session_state
    if not state.layer_is_chosen or state.layer_shown >= n_states:
        state.layer_shown, state.layer_is_chosen = recommended, False
    state.layer = state.layer_shown  # the slider's own value, which is forgotten in every run that doesn't draw it


def choose_layer(layer: object) -> None:
    """Show this layer from now on. The value comes from the browser, so it may be anything."""
    if isinstance(layer, (int, float)) and 0 <= layer < 1000:
        st.session_state.layer_shown, st.session_state.layer_is_chosen = int(layer), True


def follow_recommendation() -> None:
    """Show the recommended layer again."""
    st.session_state.layer_is_chosen = False


def keep_layer() -> None:
    """The slider was moved: its layer counts as chosen."""
    choose_layer(st.session_state.layer)


def selected_unit(units: Units, layer: int) -> int:
    """Index of the unit that holds the selected token; the strongest one where none is selected or it is hidden."""
    token = st.session_state.token
    unit = None if token is None else units.holding(token)
    return units.strongest(layer) if unit is None else unit


def choose_token(token: int) -> None:
    """Select a token, and with it the word it is part of."""
    st.session_state.token = token


# --- widgets ---


def set_defaults(**values: object) -> None:
    """Start values of widgets, kept where the person has chosen already."""
    for key, value in values.items():
        st.session_state.setdefault(key, value)


def check_choice(key: str, options: tuple, complaint: Callable[[object], str]) -> None:
    """Fall back to the first option from a remembered one that isn't on offer (an old link, another model), and say so."""
    value = st.session_state.get(key)
    if value not in options:
        st.session_state.notices.append(complaint(value))
        st.session_state[key] = options[0]


def event(key: str, name: str) -> object:
    """What a component sent: the value of its trigger `name`."""
    return getattr(st.session_state.get(key), name, None)


def add_method(name: str) -> None:
    """Ask for an on-demand method from now on."""
    st.session_state.extra_methods = (name,)


def settings() -> Settings:
    """What to compute besides the one pass: the on-demand methods asked for by button or picker, and the dear measure."""
    chosen = (name for name in (*st.session_state.extra_methods, st.session_state.get("method")) if name in ON_DEMAND)
    return Settings(methods=tuple(dict.fromkeys(chosen)), expected_embedding=bool(st.session_state.get("meaning")))
