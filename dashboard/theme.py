"""Colours, fonts and sizes. The two palettes mirror `.streamlit/config.toml`; blue and orange are kept for saliency."""

from dataclasses import dataclass
from pathlib import Path

from core.markup import AGAINST, FOR, MAX_ALPHA  # one palette for page, table and file

FOR_LINE = "#c25a12"  # underlines: 3:1 on light and dark backgrounds
AGAINST_LINE = "#3d80bd"

SANS = "'Source Sans', 'Source Sans 3', 'Noto Sans', 'DejaVu Sans', sans-serif"
SERIF = "'Source Serif', Georgia, 'Noto Serif', 'DejaVu Serif', serif"

_STYLES = Path(__file__).parent / "styles"

MUTED_SHARE = 0.74  # of the text colour, in secondary text

# The measures that all pages share, as --ls-… properties: they reach every style sheet, those of components too.
MEASURES = {
    "size-tiny": "0.8125rem",  # figures beside figures, headers of tables
    "size-small": "0.875rem",  # notes, captions, legends
    "size-body": "0.9375rem",  # what is read
    "size-card": "1.0625rem",  # the heading of a card
    "size-title": "1.625rem",  # the heading of a page
    "size-hero": "1.6875rem",  # the text explained: the largest thing on a page
    "gap-1": "4px",
    "gap-2": "8px",
    "gap-3": "12px",
    "gap-4": "16px",  # between cards
    "gap-5": "24px",  # inside of a card
    "gap-6": "32px",
    "radius-small": "4px",
    "radius": "8px",  # widgets, as baseRadius in .streamlit/config.toml
    "radius-card": "12px",
}


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as #rrggbb."""

    background: str
    surface: str
    """Of a card."""
    sidebar: str
    text: str
    muted: str
    """Secondary text."""
    line: str
    """Borders and grid lines."""


LIGHT = Palette("#fbfbf9", "#ffffff", "#f3f3ef", "#1d2530", "#565f6b", "#d8d9d4")
DARK = Palette("#14171c", "#1a1e24", "#191d23", "#e9e7e2", "#a9b0ba", "#3a414c")


def palette(theme_type: str | None) -> Palette:
    """The palette of a theme as `st.context.theme.type` names it; light where it isn't known yet."""
    return DARK if theme_type == "dark" else LIGHT


def rgb(colour: str) -> tuple[int, int, int]:
    """`#rrggbb` as three numbers."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def blend(over: tuple[int, int, int], alpha: float, under: tuple[int, int, int]) -> tuple[float, ...]:
    """The colour that `over` at `alpha` gives on `under`."""
    return tuple(alpha * top + (1 - alpha) * bottom for top, bottom in zip(over, under))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """WCAG contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[float, ...]) -> float:
    red, green, blue = (c / 3294.6 if c <= 10.3 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def component_css() -> str:
    """What every component's style sheet starts with; it follows the theme through Streamlit's own variables."""
    return f""":host {{
  --for: {", ".join(map(str, FOR))}; --against: {", ".join(map(str, AGAINST))}; --max-alpha: {MAX_ALPHA};
  --for-line: {FOR_LINE}; --against-line: {AGAINST_LINE};
  --text: var(--st-text-color); --line: var(--st-border-color);
  --muted: color-mix(in srgb, var(--st-text-color) {MUTED_SHARE:.0%}, var(--st-background-color));
  --surface: light-dark({LIGHT.surface}, {DARK.surface});
  --faint: color-mix(in srgb, var(--st-text-color) 5%, transparent);
  --track: color-mix(in srgb, var(--st-text-color) 9%, transparent);
  --sans: {SANS}; --serif: {SERIF};
}}
"""


def page_css() -> str:
    """The rules of the page's frame: every file of `styles/`, after the colours of both themes as --ls-… properties."""
    pairs = {name: (getattr(LIGHT, name), getattr(DARK, name)) for name in ("background", "surface", "text", "muted", "line")}
    pairs["on-accent"] = ("#ffffff", DARK.background)  # white on the light blue of the dark theme is below contrast AA
    colours = " ".join(f"--ls-{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items())
    measures = " ".join(f"--ls-{name}: {value};" for name, value in MEASURES.items())
    rules = "".join(file.read_text(encoding="utf-8") for file in sorted(_STYLES.glob("*.css")))
    return f"<style>\n:root {{ {colours}\n{measures} }}\n{rules}</style>"
