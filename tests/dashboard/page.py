"""What a page drew, as its tests read it."""

import json


def components(page, name: str) -> list[dict]:
    """What the components of one kind were given to draw."""
    elements = [element.proto for element in page.get("bidi_component")]
    return [json.loads(proto.json) for proto in elements if proto.component_name == f"layer_saliency.{name}"]


def notices(page) -> list[str]:
    """The sentences that say what is wrong."""
    return [data["sentence"] for data in components(page, "notice")]


def hero(page) -> dict:
    """The text in colour."""
    return components(page, "token_text")[0]


def retype(page, text: str, key: str = "text"):
    """Type another text, and apply it."""
    page.text_area(key=key).set_value(text).run()
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
