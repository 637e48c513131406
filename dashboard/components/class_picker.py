"""Which class is explained: the predicted one, any other, or one rather than another."""

import streamlit as st

from dashboard import session, wording

NOBODY = ""  # no class: the predicted one, or no contrast


def show(labels: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Draw the two pickers; returns (target, against), None for the predicted class and for no contrast."""
    for key in ("target", "against"):
        session.check_choice(key, (NOBODY, *labels), lambda name: wording.unknown_class(name, labels))
    target, against = st.columns(2)
    with target:
        chosen = st.selectbox(
            wording.TARGET,
            (NOBODY, *labels),
            key="target",
            format_func=lambda name: name or wording.PREDICTED,
            persist_state="session",
        )
    with against:
        other = st.selectbox(
            wording.AGAINST,
            (NOBODY, *labels),
            key="against",
            format_func=lambda name: name or wording.ALL_OTHERS,
            help=wording.AGAINST_HELP,
            persist_state="session",
        )
    return chosen or None, other or None
