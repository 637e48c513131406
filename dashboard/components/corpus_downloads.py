"""A run's results as files; each is made when its button is pressed."""

from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import SaliencyError
from dashboard import corpus_export, run_reading
from dashboard import corpus_results_wording as said
from dashboard.components import file_button
from dashboard.run_reading import Found

_CSV, _PARQUET, _JSON = ("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet"), ("json", "application/json")
_HTML = "html", "text/html"


@st.fragment  # a press draws these buttons anew, and nothing else of the page
def show(found: Found) -> None:
    """Draw the buttons; of a run that isn't finished, those of its rows."""
    place = f"corpus-files-{found.tag}"
    folder, size, has_summary = found.folder, corpus_export.scores_size(found.folder), found.summary is not None
    with st.container(border=True, key="card-downloads"):
        st.markdown(f"## {said.DOWNLOADS_TITLE}")
        with st.container(horizontal=True, key="corpus-files"):
            if has_summary:
                _button(place, said.REPORT, corpus_export.report_html, folder, "report", _HTML, said.REPORT_HELP)
            _button(place, said.ROWS_CSV, partial(corpus_export.rows_csv, labels=found.manifest.labels), folder, "rows", _CSV)
            _button(place, said.ROWS_PARQUET, corpus_export.rows_parquet, folder, "rows", _PARQUET)
            if size <= corpus_export.MOST_SCORES:
                _button(place, said.SCORES_PARQUET, corpus_export.scores_parquet, folder, "scores", _PARQUET, said.SCORES_HELP)
            if has_summary:
                _button(place, said.WORDS_CSV, corpus_export.words_csv, folder, "words", _CSV)
                _button(place, said.WORDS_PARQUET, corpus_export.words_parquet, folder, "words", _PARQUET)
                _button(place, said.SUMMARY_JSON, corpus_export.summary_json, folder, "summary", _JSON)
        file_button.show_trouble(place)
        st.caption(said.CSV_HELP + ("" if size <= corpus_export.MOST_SCORES else f" {said.too_large(size)}"))


def _button(place: str, label: str, make, folder: Path, name: str, kind: tuple[str, str], about: str | None = None) -> None:
    ending, mime = kind
    file = f"layer-saliency-{name}.{ending}"
    file_button.show(label, partial(_made, make, folder), file, mime, f"corpus-{name}-{ending}", place, about=about)


def _made(make, folder: Path) -> bytes | str:
    try:
        return make(folder)
    except SaliencyError as error:
        raise SaliencyError(run_reading.sentence(error, folder)) from error
