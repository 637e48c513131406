"""Colours, fonts and sizes. The two palettes mirror `.streamlit/config.toml`; blue and orange are kept for saliency."""

from dataclasses import dataclass

from core.markup import AGAINST, FOR, MAX_ALPHA  # one palette for page, table and file

FOR_LINE = "#c25a12"  # underlines: 3:1 on light and dark backgrounds
AGAINST_LINE = "#3d80bd"

SANS = "'Source Sans', 'Source Sans 3', 'Noto Sans', 'DejaVu Sans', sans-serif"
SERIF = "'Source Serif', Georgia, 'Noto Serif', 'DejaVu Serif', serif"

MUTED_SHARE = 0.74  # of the text colour, in secondary text


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
  --sans: {SANS}; --serif: {SERIF};
}}
"""


def page_css() -> str:
    """Static rules for the page's frame: reading width, cards, no overflow at 390 px."""
    return f"""<style>
.stMain .block-container {{ max-width: 1200px; padding: 2.6rem 2.4rem 3rem; }}
[class*="st-key-card-"] {{
  background: light-dark({LIGHT.surface}, {DARK.surface}); border-radius: 14px; padding: 1.1rem 1.35rem;
}}
.st-key-card-hero, .st-key-card-faithful {{ padding: 1.3rem 1.75rem; }}
.stMain [data-testid="stMarkdownContainer"] h2 {{ padding: 0; }}
.stApp [data-testid="stCaptionContainer"], .stApp [data-testid="stCaptionContainer"] p {{
  opacity: 1; color: light-dark({LIGHT.muted}, {DARK.muted});  /* Streamlit's own grey is below contrast AA */
}}
[data-testid="stPopoverBody"] {{ width: min(31rem, 94vw); max-width: none; padding: 1.1rem 1.35rem; }}  /* not as narrow as its button */
[data-testid="stSelectboxVirtualDropdown"] {{  /* names of models are longer than the sidebar is wide */
  width: max-content !important; min-width: var(--trigger-width); max-width: min(31rem, 92vw);
}}
@media (max-width: 640px) {{
  .stMain .block-container {{ padding: 3.2rem 1rem 2rem; }}
  [class*="st-key-card-"] {{ padding: 0.9rem 0.9rem; }}
}}
</style>"""
