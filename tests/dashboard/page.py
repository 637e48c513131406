"""What a page drew, as its tests read it."""

import json
from urllib.parse import parse_qsl

from dashboard import wording


def components(page, name: str) -> list[dict]:
    """What the components of one kind were given to draw."""
    elements = [element.proto for element in page.get("bidi_component")]
    return [json.loads(proto.json) for proto in elements if proto.component_name == f"layer_saliency.{name}"]


def notices(page) -> list[str]:
    """The sentences that say what is wrong."""
    return [data["sentence"] for data in components(page, "notice")]


def address(page) -> dict[str, str]:
    """What the browser's address bar is told to hold behind its ?."""
    (bar,) = components(page, "address_bar")
    return dict(parse_qsl(bar["query"]))


def links(page) -> dict:
    """What the box of links is given: `query`, and `queryWithText` or why there is none."""
    (box,) = components(page, "link_box")
    return box


def hero(page) -> dict:
    """The text in colour."""
    return components(page, "token_text")[0]


def text_box(page, name: str = "text"):
    """The box of a text, "text" or "text_pair"; its key changes with every text that something else put there."""
    return next(area for area in page.text_area if area.key.rpartition("-")[0] == name)


def retype(page, text: str, name: str = "text"):
    """Type another text, and apply it."""
    text_box(page, name).set_value(text).run()
    assert not page.exception, page.exception
    return page


def press(page, label: str):
    """Press the button that says so."""
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def everything_said(page) -> str:
    """All words on the page but those of the sidebar's options."""
    drawn = [element.proto.json for element in page.get("bidi_component")]
    return " ".join([*drawn, *(element.value for element in (*page.main.markdown, *page.main.caption))])


def layer_slider(page):
    """The slider of layers; its key changes with every layer that something else chose."""
    return next(slider for slider in page.select_slider if slider.label == wording.LAYER)
