"""Agreement of a run's words with those that people marked."""

from core.corpus.rationales import MARKED
from core.corpus.summary import Interval, Summary
from core.report.numerals import count, percent, value
from core.report.parts import Html, join, note, table

FIGURES = {
    "auprc": ("AUPRC", "how far up the ranking the marked words stand, 0 to 1"),
    "auroc": ("AUROC", "chance that a marked word scores above one that is not"),
    "token_f1": ("token F1", "the top words, as many as are marked, against the marked ones"),
    "token_iou": ("token IOU", "words in both, over words in either"),
    "iou_f1": ("IOU F1", "the same by runs of words: one counts as found where it shares half with a marked one"),
}
"""Figure → its name, and what it is, in a few words."""
PLAUSIBLE = (
    "Words that people would mark need not be those that the model used: a high figure says that the words look right, a low one may be a model that "
    "goes by other words."
)


def agreement(summary: Summary) -> Html:
    """The figures with their intervals, and what chance gives."""
    found = summary.plausibility or {}
    rows = ([label, what, *_told(found[name]), _chance(name, found)] for name, (label, what) in FIGURES.items())
    layers = summary.plausibility_by_layer
    by_layer = (
        ""
        if layers is None
        else note(
            "AUPRC by layer: ",
            ", ".join(f"{layer or 'emb'} {value(mean, '', '.2f')}" for layer, mean in enumerate(layers["mean"])),
            ".",
        )
    )
    lead = (
        f"{count(found['auprc']['n'], 'row')} with people’s marks of the predicted class, {percent(found[MARKED]['mean'])} of their words marked; words "
        "scored at each row’s recommended layer. "
    )
    return join(note(lead, PLAUSIBLE), table(["figure", "what it is", "mean", "95 %", "by chance"], rows, 2), by_layer)


def _told(found: Interval) -> tuple[str, str]:
    ends = "–" if found["low"] is None else f"{value(found['low'], '', '.2f')} to {value(found['high'], '', '.2f')}"
    return value(found["mean"], "", ".2f"), ends


def _chance(name: str, found: dict[str, Interval]) -> str:
    return {"auprc": value(found[MARKED]["mean"], "", ".2f"), "auroc": "0.50"}.get(name, "")
