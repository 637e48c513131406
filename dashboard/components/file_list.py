"""The files that lie here: the one in use, the others, and ways to add and take away."""

import streamlit as st

from dashboard import corpus_choice, corpus_wording, wording
from dashboard.components import upload_box
from dashboard.uploads import Upload


def show(upload: Upload) -> None:
    """Draw them."""
    files = corpus_choice.files()
    with st.container(horizontal=True, vertical_alignment="center", key="file-line"):
        st.markdown(f"**{wording.plain(upload.name)}**", width="content")
        st.caption(corpus_wording.size_of(upload), width="content")
        st.space("stretch")
        with st.popover(corpus_wording.ADD_FILE):
            upload_box.show_drop_zone()
        st.button(corpus_wording.REMOVE, on_click=corpus_choice.remove, args=(upload,))
    upload_box.show_refused()
    if len(files) > 1:
        names = {one.fingerprint: one.name for one in files}
        marks = list(names)
        st.radio(
            corpus_wording.WHICH_FILE,
            marks,
            index=marks.index(upload.fingerprint),
            format_func=lambda mark: wording.plain(names.get(mark, "")),
            key="corpus-pick",
            on_change=corpus_choice.pick_file,
            horizontal=True,
        )
        st.caption(corpus_wording.WHICH_NOTE)
