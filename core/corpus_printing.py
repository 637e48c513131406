"""What a run in the shell tells at its end besides words and layers: agreement with people's marks, and the method table."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.corpus.method_table import MethodTable
from core.corpus.summary import Summary
from core.markup import visible

FIGURES = {"auprc": "AUPRC", "auroc": "AUROC", "token_f1": "token F1", "token_iou": "token IOU", "iou_f1": "IOU F1"}
READ_METHODS = (
    "φ: probability of the class with only the top words shown, less that with them hidden; higher is better, and what doesn't beat “random” tells "
    "nothing. Rows: forward alone + forward and backward. × one pass: time, the median."
)


def print_plausibility(summary: Summary, console: Console) -> None:
    """A line of figures where rows have marks."""
    if summary.plausibility is None:
        return
    found = summary.plausibility
    told = " · ".join(f"{label} {tell_interval(found[name])}" for name, label in FIGURES.items())
    console.print(
        Text(
            f"Agreement with people's marks, {found['auprc']['n']:,} texts: {told} (by chance AUPRC {found['marked']['mean']:.2f}, AUROC 0.50)"
        )
    )


def print_methods(table: MethodTable, console: Console) -> None:
    """A row a method, the highest φ first."""
    shown = Table(title=Text(f"Methods on a sample of {table.texts} rows"), title_justify="left")
    for column in ("method", "φ [95 %]", "rows", "× one pass"):
        shown.add_column(column, justify="left" if column == "method" else "right", no_wrap=True)
    for line in table.lines():
        phi = {"mean": line["phi"], "low": line["low"], "high": line["high"]}
        shown.add_row(
            line["method"], tell_interval(phi), f"{line['forwards']:.0f} + {line['backwards']:.0f}", f"{line['passes']:.1f}"
        )
    console.print(shown)
    console.print(Text(READ_METHODS))
    for name, rows, why in table.refusals:
        console.print(Text(visible(f"{name} could not serve {rows} text(s): {why}")))
    for number, why in table.unusable.items():
        console.print(Text(visible(f"Row {number} could not be measured: {why}")))
    if table.left_out:
        console.print(
            Text(
                f"Long texts are in the sample, so these were left out: {', '.join(table.left_out)}. --methods runs them all the same."
            )
        )


def tell_interval(found: Mapping[str, Any], percent: bool = False) -> str:
    """`0.48 [0.44, 0.52]`, or in percent; the mean alone with one text."""
    digits = ".1%" if percent else ".2f"
    ends = "" if found["low"] is None else f" [{found['low']:{digits}}, {found['high']:{digits}}]"
    return f"{found['mean']:{digits}}{ends}"
