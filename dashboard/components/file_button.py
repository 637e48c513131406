"""A button that makes its file when it is pressed; where that fails, the page says why."""

import threading
from collections.abc import Callable

import streamlit as st

from core.errors import SaliencyError, quoted
from dashboard import session, wording
from dashboard.components import notice

START_SECONDS = 5.0  # the press comes as two messages, one to this script and one to the thread that makes the file


class Making:
    """A file on its way: Streamlit calls it in a thread that can draw nothing, and the script asks afterwards how it went."""

    def __init__(self, make: Callable[[], bytes | str]):
        self.make = make
        self._started, self._done, self._sentence = threading.Event(), threading.Event(), ""

    def __call__(self) -> bytes | str:
        """What `make` returns. Raises what it raises, so that no broken file is saved."""
        self._started.set()
        try:
            return self.make()
        except Exception as error:
            self._sentence = str(error) if isinstance(error, SaliencyError) else wording.not_made(_reason(error))
            raise
        finally:
            self._done.set()

    def sentence(self, seconds: float = START_SECONDS) -> str:
        """Why there is no file; empty where there is one. Waits for the end of what begins within so many seconds."""
        if self._started.wait(seconds):
            self._done.wait()
        return self._sentence


def show(
    label: str, make: Callable[[], bytes | str], file: str, mime: str, key: str, place: str, kind: str = "secondary",
    about: str | None = None,
) -> None:  # fmt: skip
    """Draw the button; `place` names where `show_trouble` will say what went wrong."""
    making = Making(make)
    st.download_button(label, making, file, mime, key=key, on_click=_note, args=(making, place), type=kind, help=about)


def show_trouble(place: str) -> None:
    """Draw what the last press led to, if that was no file."""
    sentence = session.told(place)
    if isinstance(sentence, Making):
        session.tell(place, sentence := sentence.sentence())
    if sentence:
        notice.show(sentence, f"not-made-{place}")


def _note(making: Making, place: str) -> None:
    session.tell(place, making)  # which the page asks: while a callback runs, no other run of the session can begin


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return quoted(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
