"""What each layer takes the selected word for: decoded words with probabilities, own rank, score."""

from core.markup import visible
from core.records import LayerReport
from dashboard import layer_choice, session, wording
from dashboard.components.assets import register
from dashboard.units import Units, trusted_layers

_readings = register("layer_readings")


def show(report: LayerReport, method: str, units: Units, layer: int, selected: int, key: str) -> None:
    """Draw the table, the deepest layer first; a layer's name goes to it."""
    _readings(
        data=reading_data(report, method, units, layer, selected),
        key=key,
        on_layer_change=lambda: layer_choice.choose(session.event(key, "layer")),
    )


def reading_data(report: LayerReport, method: str, units: Units, layer: int, selected: int) -> dict:
    """What the component draws. A word of several subwords is read at its strongest one at the layer shown."""
    saliency, tokens, trusted = report.maps[method], units.tokens[selected], trusted_layers(report)
    token = max(tokens, key=lambda t: abs(saliency.at(layer)[t]))
    rows = [
        {
            "layer": state,
            "label": report.layer_names[state],
            "name": wording.layer_name(state),
            "score": float(units.at(state)[selected]),
            "trusted": trusted is None or bool(trusted[state]),
            **_decoded(report, state, token),
        }
        for state in reversed(range(len(report.layer_names)))
    ]
    decoded = report.decoding is not None
    return {
        "title": "How each layer reads " if decoded else "Each layer's score of ",
        "word": wording.clip(units.texts[selected], 40),
        "subtitle": f"at its piece {visible(report.tokens.texts[token])}" if decoded and len(tokens) > 1 else "",
        "columns": [
            "layer",
            *(["reads it as (probability)", "own rank"] if decoded else []),
            *(["saliency"] if saliency.has_layers else []),
        ],
        "decoded": decoded,
        "scored": saliency.has_layers,
        "signed": saliency.signed,
        "rows": rows,
        "layer": layer,
        "note": wording.READINGS_NOTE if decoded else wording.NO_READINGS,
    }


def _decoded(report: LayerReport, state: int, token: int) -> dict:
    decoding = report.decoding
    if decoding is None:
        return {}
    own = report.tokens.texts[token]
    pieces = [decoding.texts[i] for i in decoding.top_ids[state, token].tolist()]
    shares = decoding.top_probabilities[state, token].tolist()
    words = [(piece_text(piece), f"{share:.2f}", piece == own) for piece, share in zip(pieces, shares) if share >= 0.005]
    return {
        "words": words or [(piece_text(pieces[0]), f"{shares[0]:.3f}", pieces[0] == own)],
        "rank": f"{decoding.own_rank[state, token]:,}",
    }


def piece_text(piece: str) -> str:
    """A tokenizer's piece for people: the marks of byte-level and SentencePiece tokenizers for a leading space are dropped."""
    return visible(piece.lstrip("Ġ▁") or piece)
