"""Which column holds the text, and which ones what belongs to it, over the table's first rows."""

import streamlit as st

from core.tables.format import Format
from core.tables.texts import Columns
from dashboard import cached, corpus_wording, uploads
from dashboard.components import preview_table
from dashboard.uploads import Preview, Upload


def show(upload: Upload, format: Format) -> Columns:
    """Draw the boxes and the rows; returns the choice. DataError for a file that can't be read so, or a column chosen twice."""
    about = "preview", upload.fingerprint, format.as_dict()
    found: Preview = cached.drawing(about, lambda: uploads.preview(upload, format))
    guess = found.guess.as_dict()
    picked = {}
    st.markdown(f"## {corpus_wording.COLUMNS_TITLE}")
    with st.container(horizontal=True, key="column-boxes"):
        for role, label in corpus_wording.ROLES.items():
            options = found.columns if role == "text" else ("", *found.columns)  # no column is called so
            chosen = st.selectbox(
                label,
                options,
                index=options.index(guess[role]) if guess[role] in options else 0,
                format_func=lambda name: name or corpus_wording.NONE,
                key=f"column-{role}-{upload.fingerprint}-{hash((format, found.columns))}",
                help=corpus_wording.ROLE_HELP[role],
                persist_state="session",
            )
            picked[role] = chosen or None
    preview_table.show(found, picked, "preview")
    return uploads.columns_of(picked)
