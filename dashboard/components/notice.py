"""A calm sentence: what is wrong, or what was left out. May quote anyone's words; they are shown, never interpreted."""

from dashboard.components.assets import register

_notice = register("notice")


def show(sentence: str, key: str) -> None:
    """Draw the sentence; `key` must be unlike that of any other notice on the page."""
    _notice(data={"sentence": sentence}, key=key)


def show_all(sentences: list[str]) -> None:
    """Draw several sentences under one another."""
    for number, sentence in enumerate(sentences):
        show(sentence, f"notice-{number}")
