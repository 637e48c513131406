"""What the server's log says of an error: its kind and the lines of code it came through, and never its words.

An error that nobody foresaw may quote anything that was being worked on, the text of a person above all.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator

FEWEST = 4  # characters of words that are looked for in a line; shorter ones are in every line


def told(error: BaseException) -> str:
    """Where an error comes from and what it is, with the errors it came of."""
    return "\n".join(
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(one.__traceback__))}{_kind(one)}, whose words are left out"
        for one in _chain(error)
    )


def leave_words_out() -> None:
    """Have every logger of this process and its last resorts keep to that. Once, before anybody's text is here."""
    make = logging.getLogRecordFactory()

    def make_without_words(*args, **more) -> logging.LogRecord:
        record = make(*args, **more)
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            try:
                line = _without(record.getMessage(), error)
            except Exception:  # noqa: BLE001 — of an error that can't say itself, or a line that can't be written
                line = "An error."
            record.msg, record.args = line, ()
            record.exc_text, record.exc_info = told(error), None
        return record

    logging.setLogRecordFactory(make_without_words)
    logging.raiseExceptions = False  # of a line that can't be written, it would print what was to stand in it
    sys.excepthook = lambda kind, error, lines: _say(error)
    threading.excepthook = lambda raised: _say(raised.exc_value)
    sys.unraisablehook = lambda raised: _say(raised.exc_value)


def _say(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, SystemExit):
        print(told(error), file=sys.stderr)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, those of a group, and those it came of."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += getattr(one, "exceptions", ())
            waiting += [other for other in (one.__cause__, None if one.__suppress_context__ else one.__context__) if other is not None]


def _without(line: str, error: BaseException) -> str:
    """The line without what the error says, which asyncio writes into its own."""
    for one in _chain(error):
        for words in (repr(one), str(one)):
            if len(words) >= FEWEST:
                line = line.replace(words, _kind(one))
    return line
