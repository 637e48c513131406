"""What all pages share: the name, the model and how the words are coloured."""

from dataclasses import dataclass

import streamlit as st

from core.combine import RULES
from core.methods import METHODS, ON_DEMAND
from dashboard import session, wording
from dashboard.components import model_box, navigation, popover_focus, sign_out


@dataclass(frozen=True)
class Options:
    """How a report is shown."""

    method: str | None
    """None: the headline method."""
    by_words: bool
    rule: str
    strength: float
    with_special: bool
    one_scale: bool


def show() -> None:
    """Draw the sidebar's head: name, pages and model."""
    with st.sidebar:
        st.markdown(f"### {wording.NAME}")
        navigation.show()
        popover_focus.show()
    model_box.show()
    sign_out.show()


def show_options(has_head: bool) -> Options:
    """Draw the options of a report; returns the choice."""
    one_pass = tuple(name for name, method in METHODS.items() if not method.on_demand and (has_head or not method.needs_head))
    methods = one_pass + ON_DEMAND
    session.check_choice("method", ("", *methods[1:]), wording.unknown_method)
    session.set_defaults(units=wording.BY_WORDS, rule="sum", strength=1.0)
    with st.sidebar:
        units = st.segmented_control(
            wording.UNITS,
            (wording.BY_WORDS, wording.BY_PIECES),
            key="units",
            required=True,
            width="stretch",
            persist_state="session",
        )
        method = st.selectbox(
            wording.METHOD,
            ("", *methods[1:]),
            key="method",
            format_func=lambda name: wording.method_name(name or methods[0]),
            persist_state="session",
        )
        with st.expander(wording.OPTIONS):
            strength = st.slider(
                wording.STRENGTH,
                0.5,
                4.0,
                step=0.5,
                key="strength",
                format="× %.1f",
                help=wording.STRENGTH_HELP,
                persist_state="session",
            )
            special = st.toggle(wording.SPECIAL, key="special", help=wording.SPECIAL_HELP, persist_state="session")
            one_scale = st.toggle(wording.ONE_SCALE, key="one_scale", persist_state="session")
            st.toggle(wording.MEANING, key="meaning", help=wording.MEANING_HELP, persist_state="session")
            rule = st.selectbox(wording.RULE, tuple(RULES), key="rule", persist_state="session")
    return Options(method or None, units == wording.BY_WORDS, rule, strength, special, one_scale)
