"""Every label and sentence of the Corpus page's cards about people's marks and about methods. Nothing is computed but words around figures."""

from core.cards import WALL
from core.corpus.method_table import FLOOR, MethodTable
from core.corpus.rationales import MARKED
from core.corpus.summary import Summary
from dashboard import wording

PEOPLE_TITLE = "Do its words agree with people’s?"
FIGURE, MEAN, INTERVAL, CHANCE = "Figure", "Mean", "95 % interval", "By chance"
WHAT = "What it is"
FIGURES = {
    "auprc": ("AUPRC", "how far up the ranking the marked words stand, 0 to 1"),
    "auroc": ("AUROC", "how often a marked word scores above one that is not"),
    "token_f1": ("Token F1", "the top words, as many as are marked, against the marked ones"),
    "token_iou": ("Token IOU", "words in both, over words in either"),
    "iou_f1": ("IOU F1", "the same by runs of words, found where half is shared"),
}
"""Figure → its name, and what it is."""

METHODS_TITLE = "Which method can be trusted here?"
STOP, STOPPED = "Stop", "Stopped. What was measured is kept."
METHOD, PHI, TEXTS, PASSES, COST = "Method", "φ", "Texts", "Rows of passes", "× one pass"
PASSES_HELP = "Forward alone + forward and backward, a text."
COST_HELP = "Its time, as a multiple of one forward and backward pass; the median over the texts."
HOW = (
    "with only the top words shown, less that with them hidden; higher is better. A method whose interval reaches that of "
    "the random order tells nothing here, and methods whose intervals overlap can’t be told apart by this sample."
)
NONE_MEASURED = "No row of the sample could be measured."
CSV, JSON = "Methods, CSV", "Methods, JSON"


def people_sentence(summary: Summary) -> str:
    """Over the figures."""
    n, marked = summary.plausibility["auprc"]["n"], summary.plausibility[MARKED]["mean"]
    return (
        f"{n:,} {'row has' if n == 1 else 'rows have'} people’s marks of the predicted class ({100 * marked:.0f} % of the words). A high figure says that the "
        "words look right to people, not that the model used them."
    )


def people_rows(summary: Summary) -> list[tuple[str, ...]]:
    """A row a figure: its name, mean and interval, what chance gives, and what it is."""
    found = summary.plausibility
    chance = {"auprc": _figure(found[MARKED]["mean"]), "auroc": _figure(0.5)}
    return [
        (label, _figure(found[name]["mean"]), _interval(found[name], _figure), chance.get(name, ""), what)
        for name, (label, what) in FIGURES.items()
    ]


def offer(n: int) -> str:
    """Before anybody asked."""
    return f"Runs the methods of the Compare page that cost little on {n} of the rows, and hides and shows each one’s top words. It takes some seconds a row."


def button(n: int, n_kept: int) -> str:
    """On the button that begins, or goes on."""
    return f"Go on: {n_kept} of {n} rows are done" if n_kept else f"Compare methods on {n} rows"


def method_rows(table: MethodTable) -> list[tuple[str, ...]]:
    """A row a method."""
    return [
        (
            f"{line['label']} (the floor)" if line["method"] == FLOOR else line["label"], _signed(line["phi"]), _interval(line, _signed),
            f"{line['texts']:,}", f"{line['forwards']:,.0f} + {line['backwards']:,.0f}", f"{line['passes']:.1f}",
        )
        for line in table.lines()
    ]  # fmt: skip


def measured(table: MethodTable, is_value: bool = False) -> str:
    """Under the table."""
    rows = f"{table.texts:,} {'row' if table.texts == 1 else 'rows'}"
    explains, phi = ("the model’s value", "the value") if is_value else ("its predicted class", "the probability of the class")
    return f"On {rows} drawn by chance; each explains {explains}. φ: {phi} {HOW}"


def missing(table: MethodTable) -> list[str]:
    """What is not in the table, and why."""
    found = (
        [f"Long texts are in the sample, so these were not run: {', '.join(map(_label, table.left_out))}."]
        if table.left_out
        else []
    )
    found += [f"{_label(name)} could not serve {rows:,} of the rows: {why}" for name, rows, why in table.refusals]
    return found + [f"Row {number} could not be measured: {why}" for number, why in table.unusable.items()]


def unforeseen(error: Exception) -> str:
    """Where there is a fault in the program."""
    return f"The comparison met an error that nobody foresaw ({type(error).__name__}). What was measured is kept; try again, or tell whoever runs the server."


def under_way(stage: str, seconds_left: float | None) -> str:
    """Over the bar."""
    return wording.under_way(stage, seconds_left)


def _label(name: str) -> str:
    return WALL[name].label if name in WALL else name


def _figure(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _interval(found: dict, write) -> str:
    return "" if found["low"] is None else f"{write(found['low'])} to {write(found['high'])}"
