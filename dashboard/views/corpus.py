"""Corpus: a whole file of texts."""

import streamlit as st

from core.errors import SaliencyError
from core.model_spec import ModelSpec
from dashboard import corpus_choice, corpus_wording, model_choice, session
from dashboard.components import (
    column_picker,
    file_list,
    format_picker,
    model_loading,
    notice,
    run_list,
    run_progress,
    start_run,
    upload_box,
)
from dashboard.uploads import Upload


def corpus() -> None:
    """A run, or a file and what to read of it, or the place to drop one."""
    st.markdown(f"# {corpus_wording.TITLE}")
    with st.container(key="tagline"):
        st.markdown(corpus_wording.TAGLINE)
    corpus_choice.settle()
    notice.show_all(session.notices())
    spec, on_its_way = model_choice.in_use(), st.container(key="on-its-way")
    upload, run_id = corpus_choice.file_in_use(), corpus_choice.run_shown()
    if run_id is not None:
        run_progress.show(run_id)
    else:
        with st.container(border=True, key="card-file"):
            if upload is None:
                upload_box.show(spec)
            else:
                show_file(upload, spec)
        run_list.show()
    corpus_choice.write_link()
    with on_its_way:
        model_loading.show()


def show_file(upload: Upload, spec: ModelSpec) -> None:
    """The file, how it is read, its columns, and the way to begin."""
    file_list.show(upload)
    try:
        format = format_picker.show(upload)
        if format is not None:
            columns = column_picker.show(upload, format)
            start_run.show(upload, format, columns, spec)
    except SaliencyError as error:
        notice.show(str(error), "no-answer")


corpus()
