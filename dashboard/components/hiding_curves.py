"""Hiding and revealing, for every method on the wall."""

from core.comparison import Comparison
from dashboard import figure_wording
from dashboard.components import figure
from dashboard.figures.hiding_curves import hiding_curves
from dashboard.ranking import FLOOR
from dashboard.theme import Palette


def show(comparison: Comparison, chosen: str, palette: Palette, key: str = "hiding") -> None:
    """Draw the curves of all methods that were tested; that of the `chosen` one stands out."""
    if not comparison.games:
        return
    labels = {name: comparison.rows[name].card.label for name in comparison.games}
    about = comparison.query, comparison.removal, tuple(labels), chosen
    note = figure_wording.hiding_note(comparison.prediction, FLOOR in comparison.games)
    figure.show(
        lambda: hiding_curves(comparison.games, labels, chosen, FLOOR, comparison.prediction, palette),
        about,
        figure_wording.HIDING_TITLE,
        note,
        palette,
        key,
    )
