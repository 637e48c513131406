"""Faithfulness by layer over coherence by layer, for the methods with a score a layer."""

from core.cards import WALL
from core.comparison import Comparison
from core.records import LayerProfile
from dashboard import figure_wording
from dashboard.components import figure
from dashboard.figures.layer_faithfulness import layer_faithfulness
from dashboard.figures.layer_lines import MOST_NAMED
from dashboard.ranking import FLOOR, headline
from dashboard.theme import Palette


def show(comparison: Comparison, chosen: str, coherence: LayerProfile | None, palette: Palette, key: str = "layers") -> None:
    """Draw the two panels; `chosen` stands out where it has layers, else the layer method. `coherence` is the report's `own_top1`."""
    first = chosen if chosen in comparison.layer_games else headline(comparison)
    if first not in comparison.layer_games:
        return
    n_states = len(comparison.layer_games[first])
    names = ("emb", *map(str, range(1, n_states)))
    labels = {name: WALL[name].label for name in comparison.layer_games}
    floor = (WALL[FLOOR].label, comparison.games[FLOOR].faithfulness) if FLOOR in comparison.games else None
    recommended = comparison.rows[first].layer
    is_share = comparison.prediction.is_probability
    figure.show(
        lambda: layer_faithfulness(
            comparison.layer_games, labels, first, coherence, names, recommended, floor, is_share, palette
        ),
        (comparison.query, comparison.removal, tuple(labels), first, floor, recommended, coherence is not None),
        figure_wording.LAYERS_TITLE,
        figure_wording.layers_note(coherence is not None, len(labels) > MOST_NAMED, len(comparison.word_spans)),
        palette,
        key,
    )
