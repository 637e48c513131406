"""Faithfulness by layer over coherence by layer: the layer that tells the truth, and whether its words can be read."""

from collections.abc import Mapping, Sequence

from core.comparison import Game
from core.methods import READABLE
from core.records import LayerProfile
from dashboard.figures.layer_lines import layer_lines
from dashboard.figures.panels import Panels
from dashboard.table import Table
from dashboard.theme import Palette

FAITHFULNESS = "Faithfulness φ by layer"
COHERENCE = "Coherence by layer"


def layer_faithfulness(
    layer_games: Mapping[str, Sequence[Game]],
    labels: Mapping[str, str],
    chosen: str,
    coherence: LayerProfile | None,
    layer_names: Sequence[str],
    recommended: int,
    floor: tuple[str, float] | None,
    is_share: bool,
    palette: Palette,
) -> Panels:
    """Two panels that share the layers: φ of each layer method (`layer_games`: method → (L) games) with the `chosen` one first and the
    `floor` (name, φ) dashed; below it the share of words recovered, where there is a language-model head. A star marks the
    layer `recommended`."""
    order = [chosen, *(name for name in layer_games if name != chosen)] if chosen in layer_games else list(layer_games)
    lines = {labels[name]: [game.faithfulness for game in layer_games[name]] for name in order}
    form = ".3~f" if is_share else ".3~g"  # as in the wall: φ is no share
    below = None if coherence is not None else "layer"
    charts = [layer_lines(FAITHFULNESS, lines, layer_names, palette, form, star=recommended, floor=floor, x_title=below)]
    if coherence is not None:
        found = {coherence.label: coherence.values.tolist()}
        look = {"domain": (0.0, 1.08), "ticks": (0, 0.5, 1), "hollow_below": READABLE, "height": 120}
        charts.append(layer_lines(COHERENCE, found, layer_names, palette, star=recommended, **look))
    return Panels(tuple(charts), _numbers(lines, coherence, layer_names, floor), stacked=True, width=640)


def _numbers(lines, coherence, layer_names, floor) -> Table:
    columns = {f"φ, {name}": line for name, line in lines.items()}
    columns |= {f"φ, {floor[0]}": [floor[1]] * len(layer_names)} if floor else {}
    columns |= {coherence.label: coherence.values.tolist()} if coherence is not None else {}
    rows = [(name, *(float(column[layer]) for column in columns.values())) for layer, name in enumerate(layer_names)]
    return Table(("layer", *columns), tuple(rows))
