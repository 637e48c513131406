"""What the layers are worth over the whole file: saliency on words, words recovered, faithfulness, with their bands."""

from dashboard import corpus_figure_wording as said
from dashboard.components import figure
from dashboard.figures.layer_bands import Band, layer_bands
from dashboard.run_reading import Found
from dashboard.theme import Palette


def show(found: Found, palette: Palette) -> None:
    """Draw the curves that there are."""
    summary, bands = found.summary, bands_of(found)
    if not bands:
        return
    names = ("emb", *map(str, range(1, summary.n_layers)))
    n_coherence, n_faithful = (None if part is None else part["n"] for part in (summary.coherence, summary.faithfulness))
    figure.show(
        lambda: layer_bands(bands, names, summary.layer, palette), found.about, said.LAYERS_TITLE,
        said.layers_note(n_coherence, n_faithful, bool(found.manifest.head)), palette, "corpus-layers",
    )  # fmt: skip


def bands_of(found: Found) -> list[Band]:
    """A band for each curve that was measured."""
    summary, random = found.summary, found.summary.faithfulness_random
    floor = None if random is None else (random["mean"], random["low"], random["high"])
    parts = (
        (said.SHARE_PANEL, summary.content_share, True, None),
        (said.COHERENCE_PANEL, summary.coherence, True, None),
        (said.FAITHFULNESS_PANEL, summary.faithfulness, False, floor),
    )
    return [
        Band(title, tuple(part["mean"]), _ends(part["low"]), _ends(part["high"]), is_share, below)
        for title, part, is_share, below in parts
        if part is not None
    ]


def _ends(values: list[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values)
