"""Every label and sentence of the Corpus page. Nothing here is computed but words around figures."""

import time

from core.tables.format import PAGE_LIMITS, Format
from core.tables.packing import in_bytes
from core.tables.texts import Columns
from dashboard.run_folders import KEPT_DAYS
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED, WAITING, RunState
from dashboard.uploads import LONGEST_PASTE, MOST_FILES, Count, Preview, Upload

CORPUS_PAGE = "Corpus"
TITLE = "What does the model go by, over a whole file of texts?"
TAGLINE = (
    "Drop a table of texts. The model reads and explains every row; then you see which words and layers carry each class, where the model "
    "is wrong, and which words led it there."
)

DROP = "Drop files here, or choose them"
LIMITS = (
    f"Text, CSV, TSV, JSON, JSONL, Parquet or Excel (.xlsx), also in a .zip or .gz. At most {in_bytes(PAGE_LIMITS.file)} "
    f"({in_bytes(PAGE_LIMITS.unpacked)} unpacked), {PAGE_LIMITS.rows:,} rows, {PAGE_LIMITS.cell:,} characters a cell, {MOST_FILES} files."
)
LOOKS_LIKE = "A file may look like this"
LOOKS_LIKE_NOTE = "Columns may have any name; one of texts is enough. With labels, errors are found."
SAMPLE = Preview(
    ("text", "label"),
    (
        (1, ("A film to remember.", "positive")),
        (2, ("Two hours I won’t get back.", "negative")),
        (3, ("The cast is wonderful.", "positive")),
    ),
    Columns("text"),
    (),
)
SAMPLE_ROLES = {"text": "text", "label": "label"}
PASTE = "Or paste rows"
PASTE_HINT = "text,label\nA film to remember.,positive\nTwo hours I won't get back.,negative"
PASTE_LABEL = f"Rows copied from a spreadsheet, or a text a line; at most {LONGEST_PASTE:,} characters"
TAKE_PASTE = "Use this"
WHICH_FILE = "Which file first?"
WHICH_NOTE = "Each file is a run of its own. The others stay here until you begin with them."
ADD_FILE, REMOVE = "Add another file", "Remove"

FORMAT = "Change how this file is read"
KIND = "Kind"
KINDS = {
    "txt": "Text", "csv": "CSV", "tsv": "TSV (tabs)", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "xlsx": "Excel",
}  # fmt: skip
SEPARATOR = "Separator"
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space", ":": "colon"}
HEADER = "The first row names the columns"
ENCODING, MEMBER, SHEET = "Encoding", "File in the zip", "Sheet"
ONE_TEXT = "The whole file is one text"
ENCODING_ASKED = "Which of these reads right?"
ENCODING_NOTE = "The file is no UTF-8 and doesn’t say how its letters are written. Choose the way in which these pieces of it make sense."

COLUMNS_TITLE = "Which column is what?"
ROLES = {"text": "Text", "text_pair": "Second text", "label": "Label", "id": "Id", "rationale": "Rationale"}
ROLE_HELP = {
    "text": "What the model reads.",
    "text_pair": "For models that read two texts together, such as a premise and a hypothesis.",
    "label": "The right answer, if the file has one: then errors can be found, and the words that lead to them.",
    "id": "Your own name for each row, kept in all results.",
    "rationale": "People’s marks of the words that matter: a list of numbers, one a word, or of (start, end).",
}
NONE = "—"
PAIR_MISSING = "This model was made to read two texts together. Choose the column of the second text."
PREVIEW = "The first rows"
UNUSABLE = "Rows that can’t be used"
ROW = "Row"
FAITHFULNESS_HELP = (
    "Words are hidden in the order that each layer gives them, and the answer watched: which layer’s words the model really goes by. A row "
    "takes as long as some hundred others."
)
START_PLAIN = "Analyse this file"
KEPT = (
    f"The run goes on when you close the page. The file and what is found in it are kept on this server for {KEPT_DAYS} days, under an address "
    "that nobody can guess, and are gone at once when you delete the run."
)
RUNS_TITLE = "Your runs"
SHOW, STOP, GO_ON, DELETE, OTHER_FILE = "Show", "Stop", "Go on", "Delete this run", "Analyse another file"
STOPPING = "Stopping"
STOPPED_BY_PERSON = "You stopped this run."
NOTHING_KEPT = "No block of rows was complete yet: going on begins with the first row."
REALLY_DELETE = "The file and all that was found in it are deleted. There is no way back."
DELETE_NOW = "Delete it"
_TITLES = {WAITING: "Waiting to read", RUNNING: "Reading", DONE: "Read", STOPPED: "Stopped in", FAILED: "Failed in"}
_STATUS = {WAITING: "waiting", RUNNING: "running", DONE: "done", STOPPED: "stopped", FAILED: "failed"}


def examples_button(n: int) -> str:
    """The button that fills the page without a file."""
    return f"Try it with {n} example {'sentence' if n == 1 else 'sentences'}"


def size_of(upload: Upload) -> str:
    """How large a file is."""
    return in_bytes(upload.size)


def said_of(format: Format) -> str:
    """How a file is read, in a few words."""
    parts = [KINDS[format.kind]]
    if format.kind == "csv":
        parts.append(f"separated by {SEPARATORS.get(format.delimiter, format.delimiter)}")
    if format.kind in ("csv", "tsv", "xlsx"):
        parts.append("first row names the columns" if format.has_header else "no names of columns")
    if format.kind == "txt":
        parts.append("one text" if format.one_text else "a text a line")
    if format.kind not in ("parquet", "xlsx"):
        parts.append(encoding_name(format.encoding))
    return ", ".join(parts)


def encoding_name(encoding: str) -> str:
    """An encoding for people."""
    return {"utf-8": "UTF-8", "cp1252": "Western (cp1252)", "latin-1": "Western (latin-1)", "iso8859-15": "Western with € (iso8859-15)",
            "mac-roman": "Mac Roman", "cp1250": "Central European (cp1250)", "cp1251": "Cyrillic (cp1251)", "koi8-r": "Cyrillic (koi8-r)",
            "cp1253": "Greek (cp1253)", "cp1254": "Turkish (cp1254)", "cp1255": "Hebrew (cp1255)", "cp1256": "Arabic (cp1256)",
            "shift_jis": "Japanese (shift_jis)", "euc-jp": "Japanese (euc-jp)", "gb18030": "Chinese (gb18030)", "big5": "Chinese (big5)",
            "euc-kr": "Korean (euc-kr)"}.get(encoding, encoding.upper())  # fmt: skip


def counted(count: Count) -> str:
    """How many rows there are, and how many of them are of use."""
    rows = f"{count.n_rows:,} {'row' if count.n_rows == 1 else 'rows'}" + ("" if count.is_all else " and more")
    if not count.n_unusable:
        return f"{rows}, all of them usable" if count.is_all else f"{rows}; all that were looked at are usable"
    of = "which" if count.is_all else "the first of which"
    return f"{rows}, {count.n_unusable:,} of {of} can’t be used and will be left out"


def labels_found(count: Count, shown: int = 8) -> str:
    """The different labels with their rows; empty without any."""
    if not count.n_labels:
        return ""
    more = f" and {count.n_labels - shown:,} more" if count.n_labels > shown else ""
    return "Labels: " + ", ".join(f"“{label}” ({n:,})" for label, n in count.labels[:shown]) + more + "."


def labels_unmatched(unknown: list[str], labels: tuple[str, ...]) -> str:
    """Labels of the file that name no class of the model."""
    names = ", ".join(f"“{label}”" for label in unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
    of_model = ", ".join(labels[:8]) + (" …" if len(labels) > 8 else "")
    rows = "Rows with this label" if len(unknown) == 1 else "Rows with these labels"
    return f"{names} {'is' if len(unknown) == 1 else 'are'} no class of this model, which knows: {of_model}. {rows} are analysed, but can’t be called right or wrong."


def faithfulness(n: int) -> str:
    """The choice to put layers to the test."""
    return f"Also test on {n} rows, drawn at random, which layer’s words the answer hangs on (slower)"


def start_button(count: Count) -> str:
    """The button that begins."""
    usable = count.n_rows - count.n_unusable
    return f"Analyse {usable:,} {'row' if usable == 1 else 'rows'}" if count.is_all else START_PLAIN


def with_model(label: str) -> str:
    """Which model reads them."""
    return f"With the model “{label}”. Choose another one in the sidebar."


def other_unusable(count: Count) -> str:
    """How many unusable rows are not listed; empty where all are."""
    left = count.n_unusable - len(count.unusable)
    return f"… and {left:,} more; the results list them all." if left else ""


def run_title(state: RunState) -> str:
    """Over a run. The file's name follows."""
    return _TITLES[state.status]


def pace(state: RunState) -> str:
    """How far a run is and how fast, in one line."""
    if state.is_stopping:
        return STOPPING
    if state.n_before and state.status == WAITING:
        return f"{state.n_before} {'run comes' if state.n_before == 1 else 'runs come'} first"
    if state.n_rows is None or not state.share:
        return state.stage or "Starting"
    parts = [rows_done(state)]
    if state.rate is not None:
        parts.append(rate(state.rate))
    if state.seconds_left is not None and state.status == RUNNING:
        parts.append(f"about {time_left(state.seconds_left)} left")
    return " · ".join(parts)


def rate(per_second: float) -> str:
    """How fast rows are read."""
    if per_second < 0.95:
        return f"{60 * per_second:.0f} rows a minute"
    return f"{per_second:,.0f} rows a second" if per_second >= 9.5 else f"{per_second:.1f} rows a second"


def rows_done(state: RunState) -> str:
    """How many rows are done."""
    if state.n_rows is None:
        return f"{100 * state.share:.0f} %"
    return f"{int(state.share * state.n_rows):,} of {state.n_rows:,} rows"


def meanwhile(state: RunState) -> str:
    """What a running run is at besides rows; empty where the line above says it all."""
    return "" if state.stage.startswith("Row ") or state.n_rows is None or not state.share else state.stage


def time_left(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def stood_still(state: RunState) -> str:
    """Why a run is not at its end."""
    if state.status == FAILED:
        return state.sentence
    is_some = bool(state.share) and state.n_rows is not None
    kept = f"{rows_done(state)} are done and kept; going on takes up there." if is_some else NOTHING_KEPT
    return f"{state.sentence or STOPPED_BY_PERSON} {kept}"


def about(state: RunState) -> str:
    """Model, and until when it is kept."""
    gone = time.strftime("%-d %B", time.localtime(state.created + 86400 * KEPT_DAYS))
    return f"Model: {state.order.model_label}. Kept until {gone}; this page’s address opens it again."


def in_list(state: RunState) -> str:
    """A run in one line of the list."""
    said = _STATUS[state.status]
    return f"{said}, {100 * state.share:.0f} %" if state.status == RUNNING else said


def rows_read(n_used: int, n_refused: int) -> str:
    """What a finished run read."""
    left_out = f"; {n_refused:,} could not be used" if n_refused else ""
    return f"{n_used:,} {'row' if n_used == 1 else 'rows'} read and explained{left_out}."
