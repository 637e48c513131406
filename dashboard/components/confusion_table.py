"""Labels against predictions, and how many rows are right."""

import numpy as np
import streamlit as st

from core.corpus.summary import Summary
from dashboard import corpus_figure_wording as said
from dashboard.components import figure
from dashboard.figures.confusion import confusion
from dashboard.run_reading import Found
from dashboard.theme import Palette

MOST_DRAWN = 30  # labels, and classes, of the table
NAMES_WIDTH, CELL_WIDTH = 240, 170  # px


def show(found: Found, palette: Palette) -> None:
    """Draw it, where the file has labels that name classes."""
    summary = found.summary
    if summary.accuracy is None:
        return
    counts, labels, classes, right = square_of(summary, found.manifest.plan.classes, found.manifest.labels)
    n_all = len({*labels, *classes})
    counts, labels, classes, right = largest_of(counts, labels, classes, right)
    note = f"{said.accuracy(summary)} {said.CONFUSION_NOTE}" + (
        said.CONFUSION_CUT.format(f"{n_all:,}") if len({*labels, *classes}) < n_all else ""
    )
    with st.container(border=True, key="card-confusion"):
        st.markdown(f"## {said.CONFUSION_TITLE}")
        with st.container(
            width=min(1100, NAMES_WIDTH + CELL_WIDTH * len(classes))
        ):  # two cells as wide as the page would look empty
            figure.show_bare(
                lambda: confusion(counts, labels, classes, right, palette),
                found.about,
                said.CONFUSION_TITLE,
                note,
                palette,
                "confusion",
            )


def square_of(
    summary: Summary, places: dict[str, int], names: tuple[str, ...]
) -> tuple[list[list[int]], list[str], list[str], list[int | None]]:
    """Counts (R, C), the labels (R) with the class that each names, the classes (C) that stand in the table, and the right ones (R).

    Labels and classes are in the model's order; classes that neither are predicted nor named by a label are left out.
    """
    labels = sorted({label for label, _, _ in summary.confusion}, key=lambda label: (places.get(label, len(names)), label))
    there = {predicted for _, predicted, _ in summary.confusion} | {names[places[label]] for label in labels if label in places}
    classes = [name for name in names if name in there]
    counts = np.zeros((len(labels), len(classes)), int)
    for label, predicted, n in summary.confusion:
        counts[labels.index(label), classes.index(predicted)] += n
    right = [classes.index(names[places[label]]) if label in places else None for label in labels]
    told = [
        label if at is None or label.casefold() == classes[at].casefold() else f"{label} = {classes[at]}"
        for label, at in zip(labels, right)
    ]
    return counts.tolist(), told, classes, right


def largest_of(counts: list, labels: list, classes: list, right: list, most: int = MOST_DRAWN) -> tuple[list, list, list, list]:
    """The same for the `most` labels and the `most` classes with most rows, in their order."""
    square = np.array(counts).reshape(len(labels), len(classes))
    down, across = (np.sort(np.argsort(-square.sum(axis), kind="stable")[:most]) for axis in (1, 0))
    places = {column: place for place, column in enumerate(across.tolist())}
    at = down.tolist()
    return (
        square[np.ix_(down, across)].tolist(),
        [labels[i] for i in at],
        [classes[i] for i in places],
        [places.get(right[i]) for i in at],
    )
