"""Words as coloured, escaped HTML: the one way by which a text that somebody typed reaches HTML."""

import html

import numpy as np

FOR = (214, 96, 20)  # orange: speaks for the class
AGAINST = (38, 110, 176)  # blue: speaks against it
MAX_ALPHA = 0.6  # the strongest fill still leaves the text on it legible in a light and in a dark theme
UNDERLINED = 0.15  # share of the strongest score from which a word is underlined too, so that colour is never alone


def escape(text: str, quote: bool = True) -> str:
    """`text` with &, <, > and, where `quote` says so, quotes made harmless, and characters that HTML can't hold replaced."""
    shown = "".join("\N{REPLACEMENT CHARACTER}" if (c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" else c for c in text)
    return html.escape(shown, quote=quote)


def visible(text: str) -> str:
    """The text with control characters as their Unicode pictures and halves of characters replaced: seen, and inert."""
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\N{REPLACEMENT CHARACTER}"
    return chr(0x2400 + ord(character)) if ord(character) < 32 and character not in "\n\t\r" else character


def fill(share: float) -> str:
    """CSS colour for a score as a share (−1 … 1) of the strongest."""
    colour = FOR if share >= 0 else AGAINST
    return f"rgba({colour[0]},{colour[1]},{colour[2]},{abs(share) * MAX_ALPHA:.3f})"


def words_to_html(text: str, spans: np.ndarray, scores: np.ndarray, largest: float | None = None) -> str:
    """A paragraph: the original text, each span (W, 2) coloured by its score (W) against `largest` (default: the strongest).

    What lies between the spans is shown as it is. Each word, and whatever but space lies between two, is isolated, so
    that right-to-left or direction-changing characters can't rearrange their neighbours.
    """
    largest = largest or float(np.abs(scores).max(initial=0.0)) or 1.0
    parts, at = [], 0
    for (start, end), score in zip(spans.tolist(), scores.tolist()):
        share = max(-1.0, min(1.0, score / largest))
        line = "solid" if share >= 0 else "dotted"
        border = f"border-bottom:2px {line} {fill(np.sign(share) / MAX_ALPHA)};" if abs(share) >= UNDERLINED else ""
        style = f"background:{fill(share)};{border}border-radius:3px;padding:0 2px;unicode-bidi:isolate"
        parts.append(_between(text[at:start]))
        parts.append(f'<span style="{style}" title="{score:+.4f}">{escape(text[start:end])}</span>')
        at = end
    return f'<p style="line-height:2;white-space:pre-wrap">{"".join(parts)}{_between(text[at:])}</p>'


def _between(text: str) -> str:
    return f'<span style="unicode-bidi:isolate">{escape(text)}</span>' if text.strip() else escape(text)


def legend_to_html(largest: float, unit: str, signed: bool, sides: tuple[str, str] = ("against", "for")) -> str:
    """The colour bar with its two ends, named by what the words there do (`Prediction.sides`), and its unit."""
    ramp = ",".join(fill(share) for share in ((-1, 0, 1) if signed else (0, 1)))
    low, high = (f"{sides[0]} −{largest:.2f}", f"{sides[1]} +{largest:.2f}") if signed else ("0", f"{largest:.2f}")
    bar = f'<span style="display:inline-block;width:12em;height:.6em;border-radius:4px;background:linear-gradient(90deg,{ramp})"></span>'
    return f"<p>{low} {bar} {high} {escape(unit)}</p>"
