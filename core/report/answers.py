"""What the model said of the rows of a run: counts, accuracy, confusion."""

from core.corpus.store import Manifest
from core.corpus.summary import Summary
from core.labels import REGRESSION
from core.report.numerals import count, percent
from core.report.parts import Html, join, note, table, tag

MOST_CLASSES = 12  # bars, and rows and columns of a matrix; of more classes the largest cells are listed
MOST_PAIRS = 20
NARROW = 4  # classes up to which the matrix has room beside the bars
DARKEST = 34  # % of the text colour on the fullest cell


def what_it_said(summary: Summary) -> Html:
    """A bar for each class: how many rows the model gave it."""
    ranked = sorted(summary.predicted.items(), key=lambda pair: -pair[1])
    bars = tag("div", *(_bar(name, rows, summary.n_used) for name, rows in ranked[:MOST_CLASSES]), class_="bars")
    left = len(ranked) - MOST_CLASSES
    rest = f" {count(left, 'rarer class', 'rarer classes')} not shown." if left > 0 else ""
    return tag(
        "div",
        tag("h2", "What the model said"),
        bars,
        note(f"Rows by predicted class, of {summary.n_used:,} that could be used.{rest}"),
    )


def _bar(name: str, rows: int, total: int) -> Html:
    share = rows / total if total else 0.0
    bar = tag("span", tag("i", style=f"width:{100 * share:.1f}%"), class_="bar")
    return join(tag("bdi", name), bar, tag("span", f"{rows:,} rows, {percent(share)}", class_="amount"))


def accuracy_told(summary: Summary) -> str:
    """In a sentence, or why there is none."""
    found = summary.accuracy
    if found is None:
        return "No column of labels that name the model’s classes was given, so what is right is not known."
    ends = f"95 %: {percent(found['low'])} to {percent(found['high'])}"
    told = f"Right in {percent(found['mean'])} of {count(found['n'], 'labelled row')} ({ends})."
    return told + (f" {count(summary.n_unlabelled, 'row')} without such a label." if summary.n_unlabelled else "")


def confusion(summary: Summary, manifest: Manifest) -> Html:
    """Labels of the file against predicted classes: a matrix, or of many classes its largest cells."""
    if manifest.problem_type == REGRESSION or not summary.confusion:
        return tag("div", tag("h2", "Right and wrong"), tag("p", accuracy_told(summary)))
    labels = list(dict.fromkeys(label for label, _, _ in sorted(summary.confusion, key=lambda row: _place(row[0], manifest))))
    classes = [name for name in manifest.labels if any(name == predicted for _, predicted, _ in summary.confusion)]
    is_small = len(labels) <= MOST_CLASSES and len(classes) <= MOST_CLASSES
    drawn = _matrix(summary, manifest, labels, classes) if is_small else _pairs(summary, manifest)
    return tag("div", tag("h2", "Right and wrong"), tag("p", accuracy_told(summary)), drawn)


def is_wide(manifest: Manifest) -> bool:
    """Whether the confusion needs a row of its own."""
    return len(manifest.labels) > NARROW


def _place(label: str, manifest: Manifest) -> tuple[int, str]:
    return manifest.plan.classes.get(label, len(manifest.labels)), label


def _is_right(label: str, predicted: str, manifest: Manifest) -> bool:
    index = manifest.plan.classes.get(label)
    return index is not None and manifest.labels[index] == predicted


def _matrix(summary: Summary, manifest: Manifest, labels: list[str], classes: list[str]) -> Html:
    found = {(label, predicted): rows for label, predicted, rows in summary.confusion}
    totals = {label: sum(found.get((label, name), 0) for name in classes) for label in labels}
    rows = []
    for label in labels:
        cells = (_cell(found.get((label, name), 0), totals[label], _is_right(label, name, manifest)) for name in classes)
        rows.append([tag("bdi", label), *cells])
    how = "Rows: the file’s label; columns: the predicted class. Shares are of the row; the stronger the shade, the more; in bold: right."
    return join(table(["label", *(tag("bdi", name) for name in classes)], rows), note(how))


def _cell(rows: int, total: int, is_right: bool) -> Html:
    share = rows / total if total else 0.0
    shade = f"background:color-mix(in srgb,var(--text) {DARKEST * share:.0f}%,transparent)"
    return tag(
        "span",
        tag("b" if is_right else "span", f"{rows:,}"),
        tag("span", percent(share), class_="ends"),
        class_="cell",
        style=shade,
    )


def _pairs(summary: Summary, manifest: Manifest) -> Html:
    wrong = [row for row in summary.confusion if not _is_right(row[0], row[1], manifest)]
    rows = ([tag("bdi", label), tag("bdi", predicted), f"{n:,}"] for label, predicted, n in wrong[:MOST_PAIRS])
    return join(
        table(["label", "predicted", "rows"], rows, 2),
        note(f"The {min(MOST_PAIRS, len(wrong))} most frequent confusions of {len(wrong):,}."),
    )
