"""The runs over files of everyone on this server, each done with a model of the service that all pages share."""

from pathlib import Path

import streamlit as st

from core.catalog import CATALOG, find_model
from core.corpus.store import MANIFEST
from core.model_spec import ModelSpec
from core.policy import Policy
from core.progress import Progress
from core.tables.format import PAGE_LIMITS
from core.tables.source import Source
from dashboard import asking, run_folders
from dashboard.jobs import Runs
from dashboard.run_state import Order


@st.cache_resource(show_spinner=False, on_release=lambda runs: runs.close())
def runs() -> Runs:
    """The runs of this server. The first call takes up those that an earlier server left unfinished."""
    return Runs(run_folders.chosen_root(), _work)


def _work(run_id: str, folder: Path, source: Source, order: Order, tell: Progress) -> None:
    """Begin a run, or go on with it, in a thread that belongs to no session."""
    from core.corpus.run import resume_run, start_run  # here, so that the pages start without torch

    def run(classifier, step: Progress) -> None:
        if (folder / MANIFEST).is_file():
            resume_run(folder, classifier, source, PAGE_LIMITS, step, order.settings)
        else:
            start_run(folder, classifier, source, order.settings, PAGE_LIMITS, step)

    asking.the_service().run_corpus(spec_of(order), run_id, tell, run)


def spec_of(order: Order) -> ModelSpec:
    """The model ordered, as far as it may be named here today. Raises ModelError."""
    if order.model in CATALOG:
        return CATALOG[order.model]
    return find_model(order.model, Policy.from_environment(), trust_pickle=order.trusts_pickle)
