"""What the page shows as files: pictures for a slide, the report, the scores. Each is made when its button is pressed."""

import io
from functools import partial

import streamlit as st

from core.export import to_json
from core.records import LayerReport
from core.report.one_text import to_page
from core.report.slide import slide_svg
from dashboard import pictures, theme
from dashboard import show_wording as said
from dashboard.components import file_button

_PLACE = "explore-files"
_FILE = "layer-saliency"


def show(report: LayerReport, method: str, layer: int, rule: str) -> None:
    """Draw the button that the files are behind."""
    with st.popover(said.DOWNLOAD, width="content", key="download-popover"):
        _show_files(report, method, layer, rule)


@st.fragment  # a press draws these buttons anew, and nothing else of the page
def _show_files(report: LayerReport, method: str, layer: int, rule: str) -> None:
    is_dark = theme.palette(st.context.theme.type) is theme.DARK
    page = partial(to_page, report, method=method, layer=layer, rule=rule)
    picture = partial(slide_svg, report, method, layer, rule, is_dark)
    groups = {
        said.FOR_A_SLIDE: (
            (said.PICTURE_PNG, lambda: pictures.draw_png(picture()), "png", "image/png", said.PICTURE_HELP),
            (said.PICTURE_SVG, picture, "svg", "image/svg+xml", said.PICTURE_HELP),
        ),
        said.FOR_READING: (
            (said.REPORT_HTML, page, "html", "text/html", said.REPORT_HTML_HELP),
        ),
        said.FOR_PROGRAMS: (
            (said.REPORT_JSON, partial(to_json, report), "json", "application/json", said.REPORT_JSON_HELP),
            (said.SCORES_PARQUET, partial(_scores, report), "parquet", "application/vnd.apache.parquet", said.SCORES_HELP),
        ),
    }
    for title, files in groups.items():
        st.markdown(f"**{title}**")
        with st.container(horizontal=True):
            for label, make, ending, mime, about in files:
                file_button.show(label, make, f"{_FILE}.{ending}", mime, f"explore-{ending}", _PLACE, about=about)
    file_button.show_trouble(_PLACE)


def _scores(report: LayerReport) -> bytes:
    import pyarrow.parquet as pq  # here: most visits download nothing

    from core.score_table import to_table

    file = io.BytesIO()
    pq.write_table(to_table(report), file, compression="zstd")
    return file.getvalue()
