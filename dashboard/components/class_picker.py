"""Which output is explained: the predicted class, any other, or one rather than another; of one alone there is no choice."""

import streamlit as st

from core.labels import SINGLE_LABEL
from dashboard import answers, session, wording
from dashboard.components import notice

NOBODY = ""  # no class: the predicted one, or no contrast


def show(labels: tuple[str, ...], problem_type: str = SINGLE_LABEL) -> tuple[str | None, str | None]:
    """Draw the two pickers; returns (target, against), None for the predicted class and for no contrast."""
    words, offered = answers.ANSWERS[problem_type], (NOBODY, *labels)
    for key in ("target", "against"):
        session.check_choice(key, offered, lambda name: wording.unknown_class(name, labels))
    if len(labels) == 1:
        session.check_choice("against", (NOBODY,), lambda name: wording.unknown_class(name, labels))
        notice.show(answers.only_output(labels[0]), "only-output")
        return None, None
    with st.container(key="classes"):
        target, against = st.columns(2)
    with target:
        chosen = st.selectbox(
            words.target,
            offered,
            key="target",
            format_func=lambda name: name or words.default,
            persist_state="session",
        )
    with against:
        other = st.selectbox(
            wording.AGAINST,
            offered,
            key="against",
            format_func=lambda name: name or words.alone,
            help=words.against_help,
            persist_state="session",
        )
    return chosen or None, other or None
