"""Every label and sentence of a run's results on the Corpus page. Nothing here is computed but words around figures."""

from collections.abc import Mapping, Sequence

from core.corpus.summary import MIN_TEXTS, Summary
from dashboard import wording
from dashboard.corpus_table import (
    ALL,
    AROUND,
    BY_LABEL,
    BY_LAYER,
    BY_PREDICTION,
    CONFIDENT,
    CONFIDENT_ERRORS,
    ERRORS,
    FILE_ORDER,
    LEAST_SURE,
    OCCURRENCES,
    PAGE_ROWS,
    SUREST,
)  # fmt: skip

READING = "Reading the rows"
FOUND_TITLE = "What was found"
REFUSED_TITLE = "Rows that were left out"
REASON, ROW = "Reason", "Row"
MOST_REFUSED = 200  # refused rows that the page lists
_MOST_CLASSES = 4  # classes whose words the first sentence tells

ROWS_TITLE = "Every row"
SEARCH, SEARCH_HELP = "Search", "Part of a text or of an id, in any case of letters."
WORD, WORD_HELP = "Contains the word", "A whole word, in any case of letters."
KIND = "Show"
KINDS = {ALL: "all", ERRORS: "errors", CONFIDENT_ERRORS: f"errors at {100 * CONFIDENT:.0f} % and more"}
PAIR, ANY_PAIR = "Labelled → predicted", "any"
SORT = "Sort by"
SORTS = {
    FILE_ORDER: "order of the file", SUREST: "confidence, highest first", LEAST_SURE: "confidence, lowest first",
    BY_PREDICTION: "prediction", BY_LABEL: "label", BY_LAYER: "layer",
}  # fmt: skip
VALUE_SORTS = {SUREST: "value, highest first", LEAST_SURE: "value, lowest first"}
TEXT, LABEL, PREDICTED, CONFIDENCE, VALUE, VERDICT, LAYER, TOP_WORDS = (
    "Text",
    "Label",
    "Prediction",
    "Confidence",
    "Value",
    "Right?",
    "Layer",
    "Top words",
)
TOP_WORDS_HELP = (
    "The words of largest saliency at the row’s own layer. Orange, solid line: for the prediction; blue, dotted line: against it."
)
LAYER_HELP = "The layer recommended for this row, as Explore recommends one. The top words are those of this layer."
VERDICTS = {"right": "right", "wrong": "wrong"}
NO_ROWS = "No row is like that. Change the search or the filter."
PICK_ROW = "Pick a row to see its words."
OPEN_IN_EXPLORE = "Open in Explore"
OPEN_HELP = "The same text with every layer, method and reading."

CLASS, OF_VALUE = "Predicted class", "What raises the value"
WORDS_TITLE = "Words that speak for a class"
WORDS_LAYER = "Layer"
WORDS_LAYER_HELP = "Whose saliency is summed up. ★ is the layer recommended for most rows."
NO_WORDS = f"No word that stands in at least {MIN_TEXTS} of these texts speaks for it on the whole, so there is nothing to rank."
MEAN, INTERVAL = "Mean share", "95 % interval"
CONTEXTS, CONTEXTS_LABEL = "In context", "Look up a word"
CONTEXTS_HELP = "Pick one of the ranked words, or type any other."
NO_CONTEXTS = "The word stands in none of these rows."
SHARE, BEFORE, HIT, AFTER = "Share", "before", "word", "after"

DOWNLOADS_TITLE = "Take it with you"
ROWS_CSV, ROWS_PARQUET, SCORES_PARQUET = "Rows, CSV", "Rows, Parquet", "All scores, Parquet"
WORDS_CSV, WORDS_PARQUET, SUMMARY_JSON, REPORT = "Words, CSV", "Words, Parquet", "Summary, JSON", "Report, HTML"
CSV_HELP = (
    "In CSV, text that a spreadsheet would run as a formula (beginning with =, +, -, @, a tab or a line break) gets an apostrophe before it. "
    "Parquet and JSON hold everything as it is."
)
SCORES_HELP = "Every row with the score of every token at every layer."
REPORT_HELP = "One file with all that is summed up here, for any browser: no script, and nothing is fetched."
UNFINISHED_WORDS = "Words, layers and confusion are summed up when the last row is done."


def strongest(summary: Summary) -> dict[str, list[str]]:
    """Class → its two words of largest mean at the recommended layer, those whose interval lies above 0."""
    classes = sorted(summary.words, key=lambda name: -summary.predicted[name])
    found = {name: [row["word"] for row in summary.words[name][summary.layer] if row["low"] > 0][:2] for name in classes}
    return {name: words for name, words in found.items() if words}


def found_sentence(summary: Summary, is_value: bool) -> str:
    """What was found, in one sentence or two."""
    rows = f"{summary.n_used:,} {'row' if summary.n_used == 1 else 'rows'}"
    if not summary.n_used:
        return "No row of the file could be used."
    accuracy = summary.accuracy
    if accuracy is None:
        lead = f"The model read {rows}."
    else:
        said = f"the model agrees with the label in {share_of_100(accuracy['mean'])} (95 % interval {share_of_100(accuracy['low'])} to {share_of_100(accuracy['high'])})."
        lead = f"Of {accuracy['n']:,} labelled rows, {said}"
    return f"{lead} {_words_sentence(strongest(summary), is_value)}".strip()


def _words_sentence(words: Mapping[str, Sequence[str]], is_value: bool) -> str:
    told = [(name, " and ".join(f"“{word}”" for word in found)) for name, found in list(words.items())[:_MOST_CLASSES]]
    if not told:
        return ""
    if is_value:
        return f"The value is raised most by {told[0][1]}."
    parts = [
        f"{found} speak most for “{name}”" if " and " in found else f"{found} speaks most for “{name}”" for name, found in told
    ]
    more = f" ({len(words) - _MOST_CLASSES} more classes below)" if len(words) > _MOST_CLASSES else ""
    return f"{'; '.join(parts)}{more}."


def counts(summary: Summary, is_value: bool) -> str:
    """How many rows of each kind."""
    parts = [f"{summary.n_rows:,} rows in the file", f"{summary.n_used:,} read"]
    parts += [f"{summary.n_refused:,} left out"] if summary.n_refused else []
    if not is_value:
        largest = sorted(summary.predicted.items(), key=lambda pair: -pair[1])
        named = ", ".join(f"“{name}” {n:,}" for name, n in largest[:6]) + (" …" if len(largest) > 6 else "")
        parts += [f"predicted: {named}"] if named else []
    at = dict(map(tuple, summary.layers)).get(summary.layer, 0)
    whole = "all" if at == summary.n_used else f"{at:,} of {summary.n_used:,}"
    parts += [f"recommended: {wording.layer_name(summary.layer)} ({whole} rows)"] if summary.n_used else []
    return " · ".join(parts)


def unfinished(n_done: int, n_rows: int) -> str:
    """Over the results of a run that is not at its end."""
    return f"This run isn’t finished: {n_done:,} of {n_rows:,} rows are done, and stand below. {UNFINISHED_WORDS}"


def refused_title(n: int) -> str:
    """On the expander."""
    return f"{n:,} {'row was' if n == 1 else 'rows were'} left out"


def refused_more(n: int) -> str:
    """Under the list; empty where it is whole."""
    return f"… and {n - MOST_REFUSED:,} more; the CSV of the rows lists them all." if n > MOST_REFUSED else ""


def rows_found(n: int, total: int) -> str:
    """Over the table."""
    return f"{total:,} rows" if n == total else f"{n:,} of {total:,} rows"


def rows_shown(number: int, n: int) -> str:
    """Which of the rows found stand on this page of the table."""
    start = (number - 1) * PAGE_ROWS
    return f"{start + 1:,} to {min(start + PAGE_ROWS, n):,} of {n:,}"


def pair(label: str, predicted: str, n: int) -> str:
    """An option of the picker."""
    return f"{wording.clip(label, 24)} → {wording.clip(predicted, 24)} ({n:,})"


def answer(confidence: float, is_value: bool) -> str:
    """What the model says of its answer."""
    return f"{confidence:.4g}".replace("-", "−") if is_value else wording.percent(confidence)


def labelled(label: str) -> str:
    """What the file says of a row."""
    return f"labelled “{wording.clip(label, 40)}”"


def unread(characters: int) -> str:
    """The model did not read the whole row."""
    return f"The model did not read the last {characters:,} characters of this row; they have no colour."


def row_button(number: int, text: str) -> str:
    """What the button of a row is called."""
    return f"show row {number}: {wording.clip(text, 60)}"


def word_button(word: str) -> str:
    """What the button of a word is called."""
    return f"show “{word}” in context"


def layer_option(layer: int, recommended: int) -> str:
    """A layer in a picker."""
    name = str(layer) if layer else "embedding"
    return f"{name} ★" if layer == recommended else name


def share(value: float | None) -> str:
    """A signed share for people."""
    return "" if value is None else f"{100 * value:+.1f} %".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """Its two ends."""
    return "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f} %".replace("-", "−")


def words_note(is_value: bool) -> str:
    """How to read the ranked words."""
    over, does = ("all rows", "raises the value") if is_value else ("all rows predicted as this class", "speaks for the class")
    return (
        f"Each point is a word’s mean share of its text’s saliency at this layer, over {over}; right of 0 it {does}. The bar is the 95 % interval; "
        f"one that crosses 0 may be chance. The surest come first, by the left end of the bar. Words in fewer than {MIN_TEXTS} texts, and words that on the whole speak "
        "against it, are left out."
    )


def none_for(name: str, is_value: bool) -> str:
    """Above words of which none is sure."""
    does = "raises the value" if is_value else f"speaks for “{wording.clip(name, 40)}”"
    return f"Of no word here is it sure that it {does}: no bar lies right of 0. A file of more rows may tell."


def contexts_note(n: int, name: str, layer: int, is_value: bool) -> str:
    """Over the occurrences of a word."""
    of = "" if is_value else f" predicted “{wording.clip(name, 40)}”"
    first = f"The first {n}" if n >= OCCURRENCES else str(n)
    return f"{first} {'occurrence' if n == 1 else 'occurrences'} in rows{of}, {AROUND} characters each side; its share there at {wording.layer_name(layer)}."


def too_large(size: int) -> str:
    """Why all scores are not on offer."""
    return f"All scores take {size / 1e6:,.0f} MB, more than a page hands out; whoever runs the server finds them in the run’s folder."


def share_of_100(share: float) -> str:
    """A share for people."""
    return f"{100 * share:.1f} %"
