"""A page on a tiny random model."""

import dataclasses
import gc
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.catalog import CATALOG

MAIN = Path(__file__).parents[2] / "dashboard" / "main.py"


@pytest.fixture
def open_page(family_of, monkeypatch):
    """`open_page(**query)`: a new session's page, with the tiny model in the catalog; `open_page.calls` counts the engine's calls."""
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=family_of("bert").path))
    st.cache_data.clear()
    st.cache_resource.clear()
    calls = []
    for name in ("analyse", "add_methods"):
        original = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *a, _run=original, _name=name, **k: (calls.append(_name), _run(*a, **k))[1])

    def open_with(**query):
        page = AppTest.from_file(MAIN, default_timeout=60)
        page.query_params.update(query)
        page.run()
        gc.freeze()  # as the launcher does; otherwise each run of a page walks all of torch
        assert not page.exception, page.exception
        return page

    open_with.calls = calls
    return open_with
