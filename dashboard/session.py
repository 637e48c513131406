"""Caches, the device lock, the permalink and what a session remembers: the only file that touches them."""

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from dataclasses import dataclass, replace

import streamlit as st

from core.catalog import CATALOG, find_model
from core.methods import ON_DEMAND
from core.records import LayerReport, Query, Settings
from dashboard import wording
from dashboard.units import Units
from dashboard.work import Desk, Superseded, Work

DEFAULT_MODEL = next(iter(CATALOG))
_LINKED = {"model": "model", "target": "class", "against": "against", "method": "method"}  # state → name in the address


# --- models and reports ---


@dataclass(frozen=True)
class ModelFacts:
    """What the pages say of a model."""

    name: str
    label: str
    trained_for: str
    labels: tuple[str, ...]
    n_layers: int
    max_length: int
    device: str
    dtype: str
    revision: str
    has_head: bool
    missing_head: str


@st.cache_resource(show_spinner=False)
def _desk() -> Desk:
    return Desk()


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def _classifier(name: str):
    from core.models import load_classifier  # here, so that the pages start without torch

    with _desk().loading:  # two models that load at once would need twice the memory
        return load_classifier(find_model(name))


@st.cache_data(max_entries=256, max_size="64mb", show_spinner=False)
def _report(query: Query, _work: Work) -> LayerReport:
    """The report of a query; its on-demand methods are added to the report without them, which is cached too."""
    from core import pipeline

    names, base = query.settings.methods, replace(query, settings=replace(query.settings, methods=()))
    if names:
        report = _report(base, _work)
        with _work.turn(_desk().device):
            return pipeline.add_methods(_classifier(query.model), report, names, _work.tell)
    with _work.turn(_desk().device):
        return pipeline.analyse(_classifier(query.model), query, _work.tell)


def explain(query: Query) -> LayerReport:
    """The report, from the cache or computed; shows progress, and stops the work if this run is superseded.

    The work runs in a thread of its own: this one must keep calling Streamlit, because only there can a newer run
    take over. Raises SaliencyError with a sentence for the user.
    """
    place = st.empty()
    while True:
        future, work = _desk().ask(query, lambda work: _report(query, work))
        try:
            report = _wait(future, work, place)
        except Superseded:  # it had been given up a moment before this run joined it
            continue
        finally:
            place.empty()
        return report


def _wait(future: Future, work: Work, place) -> LayerReport:
    while True:
        try:
            return future.result(timeout=0.15)
        except NotDone:
            work.want()
            place.progress(work.share, text=work.stage)


def model_facts(name: str) -> ModelFacts:
    """What the sidebar says of a model; loads it if need be. Raises ModelError."""
    model = _classifier(name)
    return ModelFacts(
        model.spec.name,
        model.spec.label,
        model.spec.trained_for,
        model.labels,
        model.model.config.num_hidden_layers,
        model.max_length,
        model.device,
        model.dtype,
        model.revision,
        model.lm_head is not None,
        model.missing_head,
    )


def try_first_model() -> None:
    """Load the first model and ask it something, so that the first visitor finds everything warm."""
    from core import pipeline

    pipeline.analyse(_classifier(DEFAULT_MODEL), Query(DEFAULT_MODEL, wording.EXAMPLES[wording.FIRST_EXAMPLE]))


# --- what a session remembers ---


def start() -> None:
    """On a session's first run: fill the state from the address; what can't be used is told in `notices`."""
    state = st.session_state
    if "notices" in state:
        return
    asked = {key: st.query_params.get(name) for key, name in _LINKED.items()}
    text, layer = st.query_params.get("text"), st.query_params.get("layer", "")
    state.notices = []
    if asked["model"] not in (None, *CATALOG):  # only catalog names: an address must not open folders
        state.notices.append(wording.unknown_model(asked["model"], tuple(CATALOG)))
        asked["model"] = None
    state.update({key: value or "" for key, value in asked.items()}, model=asked["model"] or DEFAULT_MODEL)
    state.layer_is_chosen = layer.isascii() and layer.isdigit() and len(layer) < 4
    if layer and not state.layer_is_chosen:
        state.notices.append(wording.unknown_layer(layer))
    state.layer_shown = int(layer) if state.layer_is_chosen else 0
    state.example = None if text is not None else wording.FIRST_EXAMPLE
    state.text = wording.EXAMPLES[wording.FIRST_EXAMPLE] if text is None else text
    state.text_in_link, state.token = text is not None, None
    state.extra_methods = ()


def write_link() -> None:
    """Put model, class, method and a chosen layer into the address; the text only if asked to."""
    state, link = st.session_state, {}
    for key, name in _LINKED.items():
        if state.get(key):
            link[name] = state[key]
    if state.layer_is_chosen:
        link["layer"] = str(state.layer_shown)
    if state.get("text_in_link"):
        link["text"] = state.text
    if dict(st.query_params) != link:
        st.query_params.from_dict(link)


def check_choice(key: str, options: tuple, complaint: Callable[[object], str]) -> None:
    """Fall back to the first option from a remembered one that isn't on offer (an old link, another model), and say so."""
    value = st.session_state.get(key)
    if value not in options:
        st.session_state.notices.append(complaint(value))
        st.session_state[key] = options[0]


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


def chosen_model() -> str:
    """Name of the model in the sidebar."""
    return st.session_state.model


def set_defaults(**values: object) -> None:
    """Start values of widgets, kept where the person has chosen already."""
    for key, value in values.items():
        st.session_state.setdefault(key, value)


def event(key: str, name: str) -> object:
    """What a component sent: the value of its trigger `name`."""
    return getattr(st.session_state.get(key), name, None)


def take_example() -> None:
    """The gallery was clicked: its text replaces the one in the box."""
    if st.session_state.example is not None:
        st.session_state.text = wording.EXAMPLES[st.session_state.example]
    forget_word()


def edit_text() -> None:
    """The text was edited: it is no example any more."""
    st.session_state.example = None
    forget_word()


def forget_word() -> None:
    """Another text: the selected word and the notices about the address no longer belong to it."""
    st.session_state.token, st.session_state.notices = None, []


def add_method(name: str) -> None:
    """Ask for an on-demand method from now on."""
    st.session_state.extra_methods = (name,)


def settings() -> Settings:
    """What to compute besides the one pass: the on-demand methods asked for by button or picker, and the dear measure."""
    chosen = (name for name in (*st.session_state.extra_methods, st.session_state.get("method")) if name in ON_DEMAND)
    return Settings(methods=tuple(dict.fromkeys(chosen)), expected_embedding=bool(st.session_state.get("meaning")))


def notices() -> list[str]:
    """What couldn't be used of the address."""
    return st.session_state.notices
