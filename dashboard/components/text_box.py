"""The boxes for one text or two, with the model's gallery of examples."""

import streamlit as st

from core.model_spec import ModelSpec
from dashboard import examples, session, wording


def show(spec: ModelSpec) -> tuple[str, str | None]:
    """Draw the boxes; returns the text as it stands, and the second one where two are read together."""
    gallery = examples.gallery(spec)
    placeholder = wording.TEXT_PLACEHOLDER if gallery else wording.BARE_PLACEHOLDER
    texts, side = st.columns([8, 1.75], vertical_alignment="bottom")
    with texts:
        if session.has_two_texts():
            first, second = st.columns(2)
            with first:
                _show_box("text", wording.FIRST_TEXT, placeholder, wording.FIRST_HELP)
            with second:
                _show_box("text_pair", wording.SECOND_TEXT, wording.BARE_PLACEHOLDER, wording.SECOND_HELP)
        else:
            _show_box("text", wording.TEXT_LABEL, placeholder)
    with side, st.container(key="ask-side"):
        st.toggle(
            wording.TWO_TEXTS,
            key="two_texts",
            on_change=session.forget_word,
            help=wording.TWO_TEXTS_HELP,
            persist_state="session",
        )
        st.button(wording.EXPLAIN, width="stretch")  # leaving a box applies the text; the button says so
    if gallery:
        st.pills(
            wording.EXAMPLES_LABEL,
            tuple(gallery),
            default=session.example(),
            key=session.gallery_key(),
            label_visibility="collapsed",
            on_change=session.take_example,
            args=(spec,),
            wrap=True,
            width="content",
        )
    return session.texts()


def _show_box(box: str, label: str, placeholder: str, help: str | None = None) -> None:
    key = session.box_key(box)
    st.text_area(
        label,
        session.text_in(box),
        key=key,
        height=76,
        placeholder=placeholder,
        label_visibility="collapsed" if help is None else "visible",
        help=help,
        on_change=session.edit_text,
        args=(box, key),
    )
