"""The one page that is shown to people who are not signed in. No script, nothing that is loaded, no text of anybody."""

from core.markup import escape
from dashboard import theme, wording
from dashboard.sign_in_wording import TITLE

_COLOURS = ":root {{ --back: {0.background}; --card: {0.surface}; --text: {0.text}; --line: {0.line}; --button: {1}; --on: {2} }}"
_STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--back); color: var(--text);
  font: 1rem/1.5 %s }
main { box-sizing: border-box; max-width: 30rem; margin: 1rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px }
h1 { margin: 0 0 .75rem; font-size: 1.625rem } p { margin: 0 0 1.25rem }
a { display: inline-block; margin: 0 .5rem .5rem 0; padding: .5rem 1rem; border-radius: 8px; background: var(--button); color: var(--on);
  text-decoration: none; font-weight: 600 }
a:focus-visible { outline: 3px solid var(--text); outline-offset: 2px }
"""


def sign_in_page(sentence: str, ways: dict[str, str]) -> str:
    """An HTML page: a sentence, and links as name → address."""
    light = _COLOURS.format(theme.LIGHT, "#3c4b5e", "#ffffff")
    dark = _COLOURS.format(theme.DARK, "#7f9fc2", "#14171c")
    links = "".join(f'<a href="{escape(address)}">{escape(name)}</a>' for name, address in ways.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(TITLE)}</title><style>{light} @media (prefers-color-scheme: dark) {{ {dark} }} {_STYLE % theme.SANS}</style></head>"
        f"<body><main><h1>{escape(wording.NAME)}</h1><p>{escape(sentence)}</p>{links}</main></body></html>"
    )
