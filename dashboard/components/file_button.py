"""A button that makes its file when it is pressed; where that fails, the page says why."""

import threading
from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import SaliencyError, quoted
from dashboard import session, wording
from dashboard.components import notice

START_SECONDS = 5.0  # the press comes as two messages, one to this script and one to the thread that makes the file


class Presses:
    """Those of a place's buttons, whichever drawing of them was pressed: Streamlit makes a file in a thread that can draw nothing, and the
    script, which may have drawn the buttons anew meanwhile, asks afterwards how it went.
    """

    def __init__(self):
        self._changed = threading.Condition()
        self._begun, self._ended, self._asked, self._sentence = 0, 0, 0, ""

    def make(self, make: Callable[[], bytes | str]) -> bytes | str:
        """What `make` returns. Raises what it raises, so that no broken file is saved."""
        sentence = ""
        with self._changed:
            self._begun += 1
            self._changed.notify_all()
        try:
            return make()
        except Exception as error:
            sentence = str(error) if isinstance(error, SaliencyError) else wording.not_made(_reason(error))
            raise
        finally:
            with self._changed:
                self._ended, self._sentence = self._ended + 1, sentence
                self._changed.notify_all()

    def sentence(self, seconds: float = START_SECONDS) -> str:
        """Why there is no file; empty where there is one. Waits for the end of what has begun since it was asked last, or begins within
        so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._begun > self._asked, seconds):
                return ""
            self._asked = self._begun
            self._changed.wait_for(lambda: self._ended >= self._asked)
            return self._sentence


def show(
    label: str, make: Callable[[], bytes | str], file: str, mime: str, key: str, place: str, kind: str = "secondary",
    about: str | None = None,
) -> None:  # fmt: skip
    """Draw the button; `place` names where `show_trouble` will say what went wrong."""
    presses = f"presses-{place}"
    session.set_defaults(**{presses: Presses()})
    made = partial(session.chosen(presses, None).make, make)
    st.download_button(label, made, file, mime, key=key, on_click=_note, args=(presses, place), type=kind, help=about)


def show_trouble(place: str) -> None:
    """Draw what the last press led to, if that was no file."""
    sentence = session.told(place)
    if isinstance(sentence, Presses):
        session.tell(place, sentence := sentence.sentence())
    if sentence:
        notice.show(sentence, f"not-made-{place}")


def _note(presses: str, place: str) -> None:
    session.tell(place, session.chosen(presses, ""))  # which the page asks: while a callback runs, no other run of the session can begin


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return quoted(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
