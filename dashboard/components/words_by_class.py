"""The words that speak for a class at a layer: ranked, with their intervals, and one of them in its contexts."""

import streamlit as st

from core.errors import SaliencyError
from dashboard import corpus_results_wording as said
from dashboard import corpus_table, run_reading, wording
from dashboard.components import data_table, figure, notice
from dashboard.components.data_table import AFTER, BEFORE, HIT, NAME, NUMBER, VERDICT, Column
from dashboard.corpus_figure_wording import TEXTS, WORD_COLUMN
from dashboard.figures.word_points import WordPoint, word_points
from dashboard.run_reading import Found
from dashboard.table import Table
from dashboard.theme import Palette

COLUMNS = (WORD_COLUMN, TEXTS, said.MEAN, "95 % low", "95 % high")


def show(found: Found, name: str, palette: Palette) -> None:
    """Draw the words of the class `name`."""
    summary, title = found.summary, said.OF_VALUE if found.is_value else said.WORDS_TITLE
    with st.container(border=True, key="card-words"):
        st.markdown(f"## {title}")
        layer = st.select_slider(
            said.WORDS_LAYER, range(summary.n_layers), value=summary.layer, key=f"layer-{found.tag}", width=420,
            help=said.WORDS_LAYER_HELP, format_func=lambda layer: said.layer_option(layer, summary.layer),
        ) if summary.n_layers > 1 else 0  # fmt: skip
        ranked = summary.words[name][layer]
        if not any(row["low"] is not None and row["low"] > 0 for row in ranked):
            notice.show(said.none_for(name, found.is_value), "none-sure")
        if not ranked:
            st.caption(said.NO_WORDS)
            return
        left, right = st.columns([6, 5], gap="medium")
        with left:
            points = [WordPoint(row["word"], row["texts"], row["mean"], row["low"], row["high"]) for row in ranked]
            numbers = Table(
                COLUMNS, tuple((row["word"], *(row[key] for key in ("texts", "mean", "low", "high"))) for row in ranked)
            )
            figure.show_bare(
                lambda: word_points(points, wording.clip(name, 30), None, numbers, palette),
                (found.about, name, layer),
                title,
                said.words_note(found.is_value),
                palette,
                "words",
            )
        with right:
            picked = _show_numbers(ranked, f"ranked-{found.tag}-{name}", f"{name} {layer}")
        _show_contexts(found, name, layer, [row["word"] for row in ranked], picked)


def _show_numbers(ranked: list[dict], key: str, about: str) -> str | None:
    """The same as a table, of which a word may be picked."""
    columns = (Column(WORD_COLUMN, NAME), Column(TEXTS), Column(said.MEAN), Column(said.INTERVAL))
    rows = [(row["word"], f"{row['texts']:,}", said.share(row["mean"]), said.interval(row["low"], row["high"])) for row in ranked]
    words = [row["word"] for row in ranked]
    return data_table.show(
        said.WORDS_TITLE, columns, rows, key, ids=words, names=[said.word_button(word) for word in words], about=about
    )


def _show_contexts(found: Found, name: str, layer: int, words: list[str], picked: str | None) -> None:
    """A word where it stands: the one picked in the table, or any that is typed."""
    st.markdown(f"## {said.CONTEXTS}")
    word = st.selectbox(  # another widget for each word picked, so that the last choice counts
        said.CONTEXTS_LABEL, words, index=words.index(picked) if picked in words else 0, key=f"contexts-{found.tag}-{name}-{picked}",
        accept_new_options=True, help=said.CONTEXTS_HELP, width=420,
    )  # fmt: skip
    if not word:
        return
    try:
        occurrences = corpus_table.concordance(found.folder, run_reading.rows(found), word, name, layer)
    except SaliencyError as error:
        notice.show(run_reading.sentence(error, found.folder), "no-contexts")
        return
    if not occurrences:
        st.caption(said.NO_CONTEXTS)
        return
    st.caption(wording.plain(said.contexts_note(len(occurrences), name, layer, found.is_value)))
    columns = [
        Column(said.ROW, NUMBER),
        Column(said.BEFORE, BEFORE),
        Column(said.HIT, HIT),
        Column(said.AFTER, AFTER),
        Column(said.SHARE),
    ]
    columns += [Column(said.VALUE if found.is_value else said.CONFIDENCE)]
    is_judged = any(one.correct is not None for one in occurrences)
    columns += [Column(said.VERDICT, VERDICT)] if is_judged else []
    rows = [
        (f"{one.number:,}", one.before, one.word, one.after, said.share(one.share), said.answer(one.confidence, found.is_value))
        + (({True: "right", False: "wrong", None: ""}[one.correct],) if is_judged else ())
        for one in occurrences
    ]
    data_table.show(
        said.CONTEXTS, columns, rows, f"contexts-table-{found.tag}", tall=True, wide=True, about=f"{word} {name} {layer}"
    )
