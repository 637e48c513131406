"""What pages ask of the engine: reports, comparisons and facts, from caches or computed."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial

import streamlit as st

from core.capability import Capabilities
from core.catalog import CATALOG
from core.comparison import Comparison, HidingSteps
from core.model_spec import ModelSpec
from core.progress import Progress, silent
from core.records import LayerReport, Query
from dashboard.asking import ask, the_desk, the_service, this_person
from dashboard.cached import given, look_up

DEFAULT_MODEL = next(iter(CATALOG))


@st.cache_data(max_entries=256, max_size="64mb", show_spinner=False)
def _shared_report(query: Query, _report: LayerReport | None = None) -> LayerReport:
    return given(_report)


@st.cache_data(max_entries=64, max_size="32mb", scope="session", show_spinner=False)  # this one nobody else's session sees
def _private_report(query: Query, _report: LayerReport | None = None) -> LayerReport:
    return given(_report)


@st.cache_data(max_entries=64, max_size="64mb", show_spinner=False)
def _shared_comparison(query: Query, removal: str, _comparison: Comparison | None = None) -> Comparison:
    return given(_comparison)


@st.cache_data(max_entries=32, max_size="32mb", scope="session", show_spinner=False)
def _private_comparison(query: Query, removal: str, _comparison: Comparison | None = None) -> Comparison:
    return given(_comparison)


@st.cache_data(max_entries=64, max_size="8mb", scope="session", show_spinner=False)
def _steps(query: Query, removal: str, method: str, _steps: HidingSteps | None = None) -> HidingSteps:
    return given(_steps)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs={ModelSpec: repr})  # asked for several times in every run of a page
def _facts(spec: ModelSpec, _known: Capabilities | None = None) -> Capabilities:
    return given(_known)


def _is_everyones(query: Query, spec: ModelSpec) -> bool:
    """Only answers on a model's own examples are everyone's; those on any other text stay with the session that asked."""
    return query.joined in spec.gallery


def _cache_of(query: Query, spec: ModelSpec) -> Callable:
    return _shared_report if _is_everyones(query, spec) else _private_report


def _comparisons_of(query: Query, spec: ModelSpec) -> Callable:
    return _shared_comparison if _is_everyones(query, spec) else _private_comparison


# --- what pages ask ---


def explain(query: Query, spec: ModelSpec) -> LayerReport:
    """The report, from the cache or computed; shows progress meanwhile. Raises SaliencyError with a sentence for the user."""
    cache, person = _cache_of(query, spec), this_person()
    if (report := look_up(cache, query)) is not None:
        the_desk().leave(person)  # whatever was asked before is of no interest any more
        return report
    from dashboard.serving import without_methods

    plain, service = without_methods(query), the_service()
    known = look_up(cache, plain)
    question = ("report", "everyone" if cache is _shared_report else person, query, spec)
    whose_turn = question if cache is _shared_report else person  # one person's newer question must not stop what others wait for
    report, known = ask(question, lambda tell: service.analyse(query, spec, whose_turn, tell, known))
    cache(plain, known)
    return cache(query, report)


def recall(query: Query, spec: ModelSpec) -> LayerReport | None:
    """The report where there is one already. Asks for nothing, and stops nothing that was asked for."""
    return look_up(_cache_of(query, spec), query)


def compare(query: Query, spec: ModelSpec, methods: tuple[str, ...], removal: str) -> Comparison:
    """Everything compared so far on this text, these methods among it; runs those that are missing. What it holds of others
    stays when the person gives up. Raises SaliencyError with a sentence for the user."""
    known = recall_comparison(query, spec, removal)
    tried = {} if known is None else known.rows | known.refusals
    missing = tuple(name for name in methods if name not in tried)
    if known is not None and not missing:
        return known  # and whatever this person waits for besides goes on: a page shows this while another method runs
    work = partial(the_service().compare, query, spec, methods=missing, removal=removal, known=known)
    return _enrich(query, spec, removal, ("compare", *missing), work)


def check_sanity(comparison: Comparison, spec: ModelSpec, methods: tuple[str, ...]) -> Comparison:
    """The comparison with these methods tried on random weights, too; kept as `compare` keeps it. Raises SaliencyError."""
    work = partial(the_service().check_sanity, comparison, spec, methods=methods)
    return _enrich(comparison.query, spec, comparison.removal, ("sanity", *methods), work)


def recall_comparison(query: Query, spec: ModelSpec, removal: str) -> Comparison | None:
    """What was compared on this text so far. Asks for nothing, and stops nothing that was asked for."""
    return look_up(_comparisons_of(query, spec), query, removal)


def hide(comparison: Comparison, spec: ModelSpec, method: str) -> HidingSteps:
    """What the model says as the words are hidden one after the other in the order of a method. Raises SaliencyError."""
    key, service, person = (comparison.query, comparison.removal, method), the_service(), this_person()
    if (known := look_up(_steps, *key)) is not None:
        return known
    return _steps(*key, ask(("hide", person, *key), lambda tell: service.hide(comparison, spec, person, tell, method)))


def _enrich(
    query: Query, spec: ModelSpec, removal: str, what: tuple, compute: Callable[[Hashable, Progress], Comparison]
) -> Comparison:
    """The comparison that `compute(whose turn, tell)` makes, in the place of the one that was known."""
    is_everyones, person = _is_everyones(query, spec), this_person()
    question = (*what, "everyone" if is_everyones else person, query, removal, spec)
    found = ask(question, lambda tell: compute(question if is_everyones else person, tell))
    if (meanwhile := recall_comparison(query, spec, removal)) is not None:  # others may have run other methods
        found = _united(found, meanwhile)
    cache = _comparisons_of(query, spec)
    cache.clear(query, removal)
    return cache(query, removal, found)


def _united(newer: Comparison, older: Comparison) -> Comparison:
    parts = "rows", "games", "layer_games", "refusals", "sanity", "answers"
    return replace(newer, **{part: getattr(older, part) | getattr(newer, part) for part in parts})


def facts(spec: ModelSpec) -> Capabilities:
    """What is known of a model; loads it if that was never done. Raises SaliencyError with a sentence for the user."""
    if (known := recall_facts(spec)) is not None:
        return known
    service = the_service()
    return _facts(spec, ask(("facts", spec), lambda tell: service.inspect(spec, tell)))


def recall_facts(spec: ModelSpec) -> Capabilities | None:
    """What is known of a model that was loaded before; nothing is loaded for it."""
    return look_up(_facts, spec)


def try_first_model() -> None:
    """Load the first model and explain its first example, so that the first visitor finds everything warm."""
    spec, service = CATALOG[DEFAULT_MODEL], the_service()
    query = Query(spec.name, spec.gallery[0])
    _facts(spec, service.inspect(spec, silent))
    _shared_report(query, service.analyse(query, spec, "launcher", silent)[0])
