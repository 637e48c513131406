"""A figure in its card: title, how to read it, and under it the figure and its numbers as files."""

from collections.abc import Callable, Hashable

import streamlit as st

from dashboard import cached, figure_wording, wording
from dashboard.components import file_button
from dashboard.figures.panels import Panels, as_picture, on_page
from dashboard.pictures import to_png, to_svg
from dashboard.theme import Palette


def show(make: Callable[[], Panels], about: Hashable, title: str, note: str, palette: Palette, key: str) -> None:
    """Draw what `make` returns, which takes Altair some 0.1 s: it is called again only where `about`, all that the figure depends on
    besides the palette, has changed. `title` and `note`, which says how the figure is read, are the page's own words."""
    with st.container(border=True, key=f"card-{key}"):
        st.markdown(f"## {title}")
        show_bare(make, about, title, note, palette, key)


def show_bare(make: Callable[[], Panels], about: Hashable, title: str, note: str, palette: Palette, key: str) -> None:
    """Draw it without card and title, for a place that has them."""
    st.caption(wording.plain(note))
    specs, stacked = cached.drawing((key, about, palette), lambda: _specs(make(), palette))
    places = [st.container() for _ in specs] if stacked or len(specs) == 1 else st.columns(len(specs))
    for number, (place, spec) in enumerate(zip(places, specs)):
        with place:
            st.vega_lite_chart(spec, key=f"{key}-{number}", theme=None, alt=f"{title}. {note}")
    show_downloads(lambda: as_picture(make(), title, palette), lambda: make().numbers.to_csv(), key)


@st.fragment  # a press draws these buttons anew, and no figure
def show_downloads(picture: Callable[[], dict], numbers: Callable[[], bytes], key: str) -> None:
    """Draw the row of buttons; each file is made when its button is pressed. `picture` makes the specification of the picture."""
    with st.container(horizontal=True, key=f"files-{key}"):
        for label, kind, make, mime in (
            (figure_wording.SVG, "svg", lambda: to_svg(picture()), "image/svg+xml"),
            (figure_wording.PNG, "png", lambda: to_png(picture()), "image/png"),
            (figure_wording.CSV, "csv", numbers, "text/csv"),
        ):
            file = f"layer-saliency-{key}.{kind}"
            file_button.show(label, make, file, mime, f"{kind}-{key}", f"files-{key}", "tertiary")
    file_button.show_trouble(f"files-{key}")


def _specs(panels: Panels, palette: Palette) -> tuple[list[dict], bool]:
    return [on_page(chart, palette) for chart in panels.charts], panels.stacked
