"""What one visitor was drawn already, and asking Streamlit's caches whether they hold something: they can't be asked, and keep no errors.

A cache is made as `def _things(key, _found=None): return given(_found)`: `look_up(_things, key)` is what it holds, or None, and
`_things(key, thing)` puts something in.
"""

from collections.abc import Callable, Hashable

import streamlit as st


class NotCached(Exception):
    """A cache was asked for what it doesn't hold."""


def given(value):
    """The value, for a cache to keep. Raises NotCached where there is none."""
    if value is None:
        raise NotCached
    return value


def look_up(cache: Callable, *key: object):
    """What a cache holds for a key, or None."""
    try:
        return cache(*key)
    except NotCached:
        return None


@st.cache_data(max_entries=32, max_size="8mb", scope="session", show_spinner=False)
def drawing(about: Hashable, _make: Callable[[], object]) -> object:
    """What `_make` returned when it was called last for the same `about`, or returns now."""
    return _make()
