"""Every row of a run: search, filter, sort, a page of them, and the one that was picked."""

from zlib import crc32

import streamlit as st

from core.errors import SaliencyError
from dashboard import corpus_results_wording as said
from dashboard import corpus_table, run_reading, wording
from dashboard.components import data_table, notice, row_preview
from dashboard.components.data_table import NAME, NUMBER, TEXT, VERDICT, WORDS, Column
from dashboard.corpus_table import ALL, CONFIDENT_ERRORS, ERRORS, FILE_ORDER, PAGE_ROWS, Asked, Rows
from dashboard.run_reading import Found
from dashboard.run_state import RunState

TEXT_SHOWN, WORDS_SHOWN = 300, 4  # characters of a row's text, and words, in the table


def show(found: Found, state: RunState) -> None:
    """Draw it."""
    try:
        rows = run_reading.rows(found)
        with st.container(border=True, key="card-rows"):
            st.markdown(f"## {said.ROWS_TITLE}")
            asked = _ask(found, rows)
            picked = _show_page(found, rows, asked)
            if picked is None:
                st.caption(said.PICK_ROW)
            else:
                row_preview.show(found, rows, picked, state)
    except SaliencyError as error:
        notice.show(run_reading.sentence(error, found.folder), "no-rows")


def _ask(found: Found, rows: Rows) -> Asked:
    """The widgets: which rows, in which order."""
    tag, pairs = found.tag, corpus_table.pairs(rows)
    has_labels = rows.used["label"].null_count < len(rows.used)
    places = st.columns([5, 3, 4])
    search = places[0].text_input(said.SEARCH, key=f"search-{tag}", help=said.SEARCH_HELP, type="search")
    word = places[1].text_input(said.WORD, key=f"word-{tag}", help=said.WORD_HELP)
    sorts = [
        sort
        for sort in said.SORTS
        if (has_labels or sort != corpus_table.BY_LABEL) and not (found.is_value and sort == corpus_table.BY_PREDICTION)
    ]
    names = said.SORTS | (said.VALUE_SORTS if found.is_value else {})
    sort = places[2].selectbox(said.SORT, sorts, key=f"sort-{tag}", format_func=names.__getitem__)
    kind, pair = ALL, None
    if pairs:
        with st.container(horizontal=True, vertical_alignment="top", key="rows-kinds"):
            kind = st.segmented_control(
                said.KIND,
                [ALL, ERRORS, CONFIDENT_ERRORS],
                default=ALL,
                required=True,
                key=f"kind-{tag}",
                format_func=said.KINDS.__getitem__,
            )
            options = {(label, predicted): said.pair(found.label(label), predicted, n) for label, predicted, n in pairs}
            pair = st.selectbox(
                said.PAIR, [None, *options], key=f"pair-{tag}", format_func=lambda at: options.get(at, said.ANY_PAIR), width=300
            )
    return Asked(search or "", kind, pair, word or "", sort or FILE_ORDER)


def _show_page(found: Found, rows: Rows, asked: Asked) -> int | None:
    """The rows found, a page of them; the number of the row picked."""
    positions = corpus_table.find(rows, asked)
    n_pages, number = -(-len(positions) // PAGE_ROWS), 1
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="rows-pages"):
        counted = said.rows_found(len(positions), len(rows.used))
        place = st.empty()
        if n_pages > 1:  # of another search the first page is shown: it is another widget
            number = st.pagination(
                n_pages,
                width=min(360, 100 + 44 * n_pages),
                key=f"page-{found.tag}-{crc32(repr(asked).encode('utf-8', 'replace'))}",
            )
            counted = f"{counted} · {said.rows_shown(number, len(positions))}"
        place.caption(counted)
    listed = corpus_table.page(rows, positions, number)
    columns, cells = table_of(listed, found, rows)
    return data_table.show(
        said.ROWS_TITLE, columns, cells, f"rows-{found.tag}", ids=[row["number"] for row in listed],
        names=[said.row_button(row["number"], row["text"]) for row in listed], empty=said.NO_ROWS, tall=True, about=f"{asked} {number}",
    )  # fmt: skip


def table_of(listed: list[dict], found: Found, rows: Rows) -> tuple[list[Column], list[tuple]]:
    """Columns and cells; of columns that say nothing in the whole run there are none."""
    has = {name: rows.used[name].null_count < len(rows.used) for name in ("label", "correct")}
    columns = {
        said.ROW: (Column(said.ROW, NUMBER), lambda row: f"{row['number']:,}"),
        said.TEXT: (Column(said.TEXT, TEXT), _text),
        said.PREDICTED: (Column(said.PREDICTED, NAME), lambda row: row["predicted"]),
        said.CONFIDENCE: (
            Column(said.VALUE if found.is_value else said.CONFIDENCE),
            lambda row: said.answer(row["confidence"], found.is_value),
        ),
        "correct": (Column(said.VERDICT, VERDICT), lambda row: {True: "right", False: "wrong", None: ""}[row["correct"]]),
        said.LABEL: (Column(said.LABEL, NAME), lambda row: found.label(row["label"]) if row["label"] else ""),
        said.TOP_WORDS: (Column(said.TOP_WORDS, WORDS, said.TOP_WORDS_HELP), _top_words),
        said.LAYER: (Column(said.LAYER, NUMBER, said.LAYER_HELP), lambda row: said.layer_option(row["layer"], -1)),
    }
    gone = {said.PREDICTED: found.is_value, "correct": not has["correct"], said.LABEL: not has["label"]}
    kept = [pair for name, pair in columns.items() if not gone.get(name)]
    return [column for column, _ in kept], [tuple(cell(row) for _, cell in kept) for row in listed]


def _text(row: dict) -> str:
    joined = row["text"] if row["text_pair"] is None else f"{row['text']} ⏎ {row['text_pair']}"
    return wording.clip(joined, TEXT_SHOWN)


def _top_words(row: dict) -> list[tuple[str, float]]:
    """Each once, with its part of the largest score."""
    largest = max(map(abs, row["top_scores"]), default=0.0)
    found: dict[str, tuple[str, float]] = {}
    for word, score in zip(row["top_words"], row["top_scores"]):
        if score:
            found.setdefault(word.casefold(), (wording.clip(word, 30), round(score / largest, 3)))
    return list(found.values())[:WORDS_SHOWN]
