"""What a run over many texts can't tell, in plain words, as far as it applies to this one."""

from core.corpus.store import Manifest
from core.corpus.summary import MIN_TEXTS, Summary
from core.labels import REGRESSION
from core.report.limits import NO_HEAD
from core.report.limits import REGRESSION as OWN_SCALE
from core.report.numerals import count

USED = (
    "It shows what the model used for its own answers on these rows: not whether they are right, and not what a person would have gone by. Other "
    "rows, of another source, may show other words."
)
PREDICTED = (
    "Each row explains the class that the model predicted. So the words of a class are those of the rows that the model gave to it, its errors "
    "among them."
)
HIGHEST = (
    f"Every list shows the highest of many words, and those that are highest by luck come up too: intervals hold for a word chosen beforehand, not "
    f"for the top of a list. Words in fewer than {MIN_TEXTS} texts are not ranked."
)
APART = (
    "Words are counted without their neighbours and without regard to upper and lower case: “good” in “not good” counts as “good”. Read the rows "
    "before you draw a conclusion from a word."
)
SHARES = "Shares depend on the length of a text: in a short one each word has more. A word that stands mostly in short texts ranks higher."
SAMPLE = (
    "Coherence and faithfulness were measured on samples, drawn with the seed below. Faithfulness replaces words by [MASK] or its like, which makes "
    "texts that nobody wrote, and texts longer than the model reads at once are not in its sample."
)
LABELS = "Accuracy is that against the labels of the file, which may be wrong themselves."
INDEPENDENT = "Intervals take the rows to be independent; rows that stand twice, or come from one author, make them too narrow."


def limits_of(summary: Summary, manifest: Manifest) -> list[str]:
    """Sentences for the reader of this report."""
    is_sampled = summary.coherence is not None or summary.faithfulness is not None
    return [
        USED,
        *([OWN_SCALE] if manifest.problem_type == REGRESSION else [PREDICTED]),
        APART,
        HIGHEST,
        SHARES,
        INDEPENDENT,
        *([LABELS] if summary.accuracy is not None else []),
        *([SAMPLE] if is_sampled else []),
        *([] if manifest.head else [NO_HEAD]),
        *([f"{count(summary.n_refused, 'row')} could not be used and count for nothing here."] if summary.n_refused else []),
        *summary.notes,
    ]
