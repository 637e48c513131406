"""Labels come from a model's files; Plotly would read them as its own small HTML."""

import html


def plain(text: str) -> str:
    """The text as Plotly shows it unchanged."""
    return html.escape(text, quote=False)
