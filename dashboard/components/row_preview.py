"""The row that was picked: its text coloured by the scores that the run kept, and the way to Explore."""

import numpy as np
import streamlit as st

from core.corpus.records import RowResult
from core.labels import REGRESSION
from core.methods import LOGITS, METHODS, OWN_SCALE
from core.prediction import Prediction
from core.records import HEADLESS, HEADLINE, Query
from dashboard import corpus_choice, corpus_table, wording
from dashboard import corpus_results_wording as said
from dashboard.components import navigation, notice, token_text
from dashboard.corpus_table import Rows
from dashboard.run_reading import Found
from dashboard.run_state import RunState
from dashboard.units import Units, text_pieces


def show(found: Found, rows: Rows, number: int, state: RunState) -> None:
    """Draw the row of this number. RunError where its chunk can't be read."""
    row = corpus_table.read_row(found.folder, rows, number)
    if row is None:
        return
    with st.container(key="picked-row"):
        token_text.draw(text_data(row, found), f"picked-{found.tag}")
        if row.unread:
            notice.show(said.unread(row.unread), "row-unread")
        if st.button(said.OPEN_IN_EXPLORE, type="primary", help=said.OPEN_HELP, key=f"explore-{found.tag}"):
            corpus_choice.open_in_explore(state, row.text, row.text_pair)
            navigation.go_to_explore()


def text_data(row: RowResult, found: Found) -> dict:
    """What the component of the coloured text draws: the words at the row's own recommended layer."""
    manifest, units = found.manifest, units_of(row)
    method = METHODS[HEADLINE if manifest.head else HEADLESS]
    prediction = Prediction(manifest.labels, row.outputs, row.outputs, row.target, problem_type=manifest.problem_type)
    unit = method.unit.replace(LOGITS, OWN_SCALE) if manifest.problem_type == REGRESSION else method.unit
    scores = units.at(row.layer)
    limit = float(np.abs(scores).max(initial=0.0))
    title, (low, high) = f"What {wording.layer_name(row.layer)} used for ", prediction.sides
    labelled = "" if row.label is None else f" · {said.labelled(found.label(row.label))}"
    pieces = text_pieces(Query(manifest.model, row.text, text_pair=row.text_pair), units)
    return {
        "title": title,
        "question": prediction.question,
        "subtitle": f"{wording.output(prediction, row.target)}{labelled} · row {row.number:,} · {method.label}, in {unit}",
        "label": f"{title}{prediction.question}",
        "pieces": pieces,
        "names": (wording.FIRST_TEXT, wording.SECOND_TEXT) if row.text_pair is not None else (),
        "texts": units.texts,
        "scores": [float(f"{score:.4g}") for score in scores],
        "special": [],
        "selected": None,
        "limit": limit,
        "signed": True,
        "unit": unit,
        "low": f"{low} −{limit:.2g}",
        "high": f"{high} +{limit:.2g}",
        "why": "",
        "size": "medium" if sum(len(piece) for piece, _ in pieces) <= 1300 else "small long",
    }


def units_of(row: RowResult) -> Units:
    """The words of a row with their scores at every layer."""
    begins = Query("", row.text, text_pair=row.text_pair).text_spans[-1][0]
    held = [tuple(np.flatnonzero(row.word_of == word).tolist()) for word in range(len(row.word_spans))]
    return Units(
        texts=row.words,
        spans=row.word_spans,
        tokens=tuple(held),
        is_special=np.zeros(len(held), bool),
        parts=((row.word_spans[:, 0] >= begins) & (begins > 0)).astype(int),
        scores=np.stack([row.word_scores(layer) for layer in range(len(row.scores))]),
    )
