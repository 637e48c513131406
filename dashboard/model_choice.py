"""Which model a session uses, which one it asked for, and the form in which a person names one of their own."""

import streamlit as st

from core.catalog import CATALOG, find_model
from core.errors import ModelError
from core.model_spec import ModelSpec
from core.policy import Policy, list_folders
from core.references import HEAD_MARK
from dashboard import asking, engine, model_wording, session

OWN = "?"  # in the box of models: "Your own model …"; no model is called so
_FORM = {"own_reference": "", "own_folder": "", "own_revision": "", "own_head": "", "own_trust": False}
_FOLDERS_KNOWN = 20  # seconds for which a listing of folders holds


def settle() -> None:
    """Before any widget is drawn: take over a model that has arrived. The box names the model in use, or the one asked for."""
    state = st.session_state
    if "own_models" not in state:
        # The address may have named a model of the hub: a visit to it is no consent to hundreds of megabytes.
        must_confirm = in_use().repo is not None and engine.recall_facts(in_use()) is None
        state.update(own_models={}, wanted=None, refusal=None, arrived=None, must_confirm=must_confirm)
        state.update(_FORM, model=state.shown, own_error="", own_is_open=False)
    if state.arrived is not None:
        (spec, expects_pair), state.arrived = state.arrived, None
        _use(spec, expects_pair)
    if state.model != OWN or not takes_own():
        state.model = state.wanted.name if state.wanted and state.wanted.name in models() else state.shown


def models() -> dict[str, ModelSpec]:
    """What this session may choose: the catalog, and what this person loaded besides."""
    return {**CATALOG, **st.session_state.get("own_models", {})}


def in_use() -> ModelSpec:
    """The model whose answers are shown."""
    return models()[st.session_state.shown]


def wanted() -> ModelSpec | None:
    """The model that takes its place once it is loaded."""
    return st.session_state.wanted


def refusal() -> tuple[ModelSpec, str] | None:
    """The model that was asked for last and did not come, and why."""
    return st.session_state.refusal


def must_confirm() -> bool:
    """Whether the model in use was named by the address alone, and would have to be fetched."""
    return st.session_state.must_confirm


def confirm() -> None:
    """The person wants what the address named."""
    st.session_state.must_confirm = False


def pick() -> None:
    """The box of models was used."""
    state = st.session_state
    if state.model == OWN:
        state.update(wanted=None, refusal=None, own_error="", own_is_open=False)
    elif state.model in models():  # the browser can send anything
        ask_for(models()[state.model])


def ask_for(spec: ModelSpec) -> None:
    """Change to this model: at once where it is known, else as soon as it is loaded."""
    state, known = st.session_state, engine.recall_facts(spec)
    asking.retry()
    state.update(wanted=None, refusal=None, own_error="")
    if known is not None:
        _use(spec, known.expects_pair)
    elif spec != in_use() or state.must_confirm:
        state.wanted = spec
    else:
        state.model = state.shown


def arrive(spec: ModelSpec, expects_pair: bool) -> None:
    """The model asked for is loaded: it is in use from the next run on."""
    st.session_state.arrived = spec, expects_pair


def refuse(spec: ModelSpec, reason: str) -> None:
    """The model asked for can't be had, or was given up; the one in use stays."""
    st.session_state.update(wanted=None, refusal=(spec, reason))


def _use(spec: ModelSpec, expects_pair: bool) -> None:
    """Nobody's own words are replaced, but an example gives way to the model's own; classes and layers are other ones now."""
    state = st.session_state
    if spec.name not in CATALOG:
        state.own_models = {**state.own_models, spec.name: spec}
    if state.model == OWN:
        state.update(_FORM)  # it has done its work
    is_untouched = session.is_untouched_example()
    state.update(shown=spec.name, model=spec.name, wanted=None, refusal=None, must_confirm=False)
    state.update(expects_pair=expects_pair, two_texts=expects_pair, target="", against="", layer_is_chosen=False)
    session.forget_example()
    state.method = state.get("method", "")  # set anew, as the browser knows a choice by its words, which may be others now
    if is_untouched:
        session.fill_in_first_example(spec)
    session.forget_word()


# --- the form ---


def submit(policy: Policy) -> None:
    """The form was sent: ask for what it names, or say what is wrong with it."""
    try:
        ask_for(_typed(policy))
    except ModelError as error:
        st.session_state.own_error = str(error)


def _typed(policy: Policy) -> ModelSpec:
    form = {key: st.session_state.get(key) or empty for key, empty in _FORM.items()}
    words = {key: value.strip() for key, value in form.items() if key != "own_trust"}
    typed, folder = words["own_reference"], words["own_folder"]
    if bool(typed) == bool(folder):
        raise ModelError(model_wording.TWO_NAMES if typed else model_wording.NO_NAME)
    return find_model(typed or folder, policy, words["own_head"] or None, form["own_trust"], words["own_revision"] or None)


def takes_own() -> bool:
    """Whether a person may name a model of their own here."""
    try:
        return not Policy.from_environment().catalog_only
    except ModelError:
        return False


def form_error() -> str:
    """What is wrong with what the form holds; empty: nothing."""
    return st.session_state.own_error


def form_is_shown() -> bool:
    """Whether the box of models is on the own model."""
    return st.session_state.model == OWN


def form_is_open() -> bool:
    """Whether the form shows all its fields."""
    return st.session_state.own_is_open


def open_form(spec: ModelSpec) -> None:
    """Show the form with this model in it, for a language-model head to be named."""
    own = {"own_reference": spec.name.partition(HEAD_MARK)[0], "own_head": spec.head or "", "own_trust": spec.trust_pickle}
    st.session_state.update({**_FORM, **own}, model=OWN, own_is_open=True, own_error="", wanted=None, refusal=None)


@st.cache_data(ttl=_FOLDERS_KNOWN, max_entries=4, show_spinner=False)
def folders(policy: Policy) -> tuple[str, ...]:
    """The model folders below the root, for a few seconds as they were found."""
    return list_folders(policy)
