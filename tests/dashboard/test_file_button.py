"""A file that is made when its button is pressed, and what is said when it can't be."""

import threading

import pytest

from core.corpus.store import RunError
from dashboard.components.file_button import Presses


def failing(error: Exception) -> Presses:
    """One in vain."""

    def fail():
        raise error

    presses = Presses()
    with pytest.raises(type(error)):  # so that no file is saved
        presses.make(fail)
    return presses


def test_a_file_that_is_made_leaves_nothing_to_say():
    presses = Presses()
    assert presses.make(lambda: b"a,b") == b"a,b" and presses.sentence() == ""


def test_a_refusal_is_told_as_it_is_until_a_file_is_made():
    presses = failing(RunError("The run was deleted."))
    assert presses.sentence() == "The run was deleted."
    presses.make(lambda: b"")
    assert presses.sentence() == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/srv/secret"), "“No space left on device”"),
        (MemoryError(), "not enough memory"),
        (ValueError("odd\nchart"), "“odd chart”"),
        (KeyError(), "“KeyError”"),
    ],
)
def test_any_other_failure_is_a_sentence(error, words):
    sentence = failing(error).sentence()
    assert sentence.startswith("The file could not be made: ") and words in sentence
    assert "/srv" not in sentence and "\n" not in sentence


@pytest.mark.parametrize("is_asked_first", [False, True])
def test_the_page_waits_for_a_file_that_is_on_its_way(is_asked_first):
    presses, begun, go_on = Presses(), threading.Event(), threading.Event()
    assert presses.make(lambda: b"an earlier one") and presses.sentence() == ""

    def slow():
        begun.set()
        go_on.wait(10)
        raise RunError("Gone.")

    thread = threading.Timer(0.2 if is_asked_first else 0, lambda: pytest.raises(RunError, presses.make, slow))  # noqa: RUF061 — in another thread
    thread.start()
    if not is_asked_first:
        begun.wait(10)
    threading.Timer(0.4, go_on.set).start()
    assert presses.sentence() == "Gone."
    thread.join()


def test_the_page_does_not_wait_for_a_file_that_nobody_makes_nor_for_one_it_was_told_of():
    presses = failing(RunError("Gone."))
    assert presses.sentence() == "Gone."
    assert presses.sentence(seconds=0.01) == ""
