"""A file that is made when its button is pressed, and what is said when it can't be."""

import threading

import pytest

from core.corpus.store import RunError
from dashboard.components.file_button import Making


def failing(error: Exception) -> Making:
    """One that was pressed in vain."""

    def fail():
        raise error

    making = Making(fail)
    with pytest.raises(type(error)):  # so that no file is saved
        making()
    return making


def test_a_file_that_is_made_leaves_nothing_to_say():
    making = Making(lambda: b"a,b")
    assert making() == b"a,b" and making.sentence() == ""


def test_a_refusal_is_told_as_it_is():
    assert failing(RunError("The run was deleted.")).sentence() == "The run was deleted."


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


def test_the_page_waits_for_a_file_that_is_on_its_way():
    go_on = threading.Event()

    def slow():
        go_on.wait(10)
        raise RunError("Gone.")

    making = Making(slow)
    thread = threading.Thread(target=lambda: pytest.raises(RunError, making))  # noqa: RUF061 — in another thread
    thread.start()
    threading.Timer(0.2, go_on.set).start()
    assert making.sentence() == "Gone."
    thread.join()


def test_the_page_does_not_wait_for_a_file_that_nobody_makes():
    assert Making(lambda: b"").sentence(seconds=0.01) == ""
