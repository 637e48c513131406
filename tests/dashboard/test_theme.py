"""Contrast AA, computed, and that the configuration and the code hold the same colours."""

import re
import tomllib
from pathlib import Path

import pytest

from dashboard import theme

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
PALETTES = {"light": theme.LIGHT, "dark": theme.DARK}


@pytest.mark.parametrize("name", PALETTES)
def test_the_configuration_holds_the_same_colours(name):
    configured, palette = CONFIG["theme"][name], PALETTES[name]
    assert configured["backgroundColor"] == palette.background
    assert configured["textColor"] == palette.text
    assert configured["borderColor"] == palette.line
    assert configured["sidebar"]["backgroundColor"] == palette.sidebar


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("fill", [theme.FOR, theme.AGAINST])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.75, 1])
def test_text_is_readable_on_every_fill(name, fill, share):
    palette = PALETTES[name]
    background = theme.blend(fill, share * theme.MAX_ALPHA, theme.rgb(palette.surface))
    assert theme.contrast(theme.rgb(palette.text), background) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
def test_secondary_text_is_readable(name):
    palette = PALETTES[name]
    mixed = theme.blend(theme.rgb(palette.text), theme.MUTED_SHARE, theme.rgb(palette.background))
    for under in (palette.background, palette.surface, palette.sidebar):
        assert theme.contrast(theme.rgb(palette.muted), theme.rgb(under)) >= 4.5
        assert theme.contrast(mixed, theme.rgb(under)) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("line", [theme.FOR_LINE, theme.AGAINST_LINE])
def test_underlines_stand_out(name, line):
    assert theme.contrast(theme.rgb(line), theme.rgb(PALETTES[name].surface)) >= 3


@pytest.mark.parametrize("name", PALETTES)
def test_the_accent_and_links_stand_out(name):
    configured = CONFIG["theme"][name]
    assert theme.contrast(theme.rgb(configured["primaryColor"]), theme.rgb(configured["backgroundColor"])) >= 4.5
    assert theme.contrast(theme.rgb(configured["linkColor"]), theme.rgb(configured["backgroundColor"])) >= 4.5


def test_contrast_of_black_on_white():
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_every_line_of_the_configuration_is_safe():
    server = CONFIG["server"]
    assert server["address"] == "127.0.0.1" and set(server["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert server["enableXsrfProtection"] and server["enableCORS"] and not server["enableAgentApi"]
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"


def test_the_configuration_is_found_from_any_folder():
    beside = ROOT / "dashboard" / ".streamlit" / "config.toml"  # where Streamlit looks when started elsewhere
    assert beside.resolve() == (ROOT / ".streamlit" / "config.toml").resolve()


def test_every_measure_that_a_style_sheet_names_is_given():
    sheets = [*(ROOT / "dashboard").glob("styles/*.css"), *(ROOT / "dashboard").glob("components/assets/*.css")]
    named = {name for sheet in sheets for name in re.findall(r"var\(--ls-([a-z0-9-]+)", sheet.read_text(encoding="utf-8"))}
    given = set(re.findall(r"--ls-([a-z0-9-]+):", theme.page_css()))
    assert named <= given
    assert all(f"--ls-{name}: {value};" in theme.page_css() for name, value in theme.MEASURES.items())


def test_widgets_and_components_agree_on_sizes():
    sizes = CONFIG["theme"]["headingFontSizes"]
    assert sizes[0] == theme.MEASURES["size-title"] and sizes[1] == theme.MEASURES["size-card"]
    assert CONFIG["theme"]["baseRadius"] == theme.MEASURES["radius"]
