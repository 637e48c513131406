"""What the methods of one file and the next say of themselves in the same words: which logit, how pieces become words."""

from core.case import Case
from core.comparison import Quality
from core.methods import LOGITS, OWN_SCALE
from core.outputs import is_regression

LARGEST_GAP = 0.05
"""Share of the change in the logit under which a completeness gap counts as small."""
PIECES = ("pieces of a word", "their scores are added up")
SHARED_PASS = "All one-pass methods share one forward and backward pass of each window."  # noqa: S105 — a pass, no word
ALL_ZERO = "Every word scores 0: nothing that the method keeps speaks for the class."
SMALLEST_CHANGE = 1e-6  # below it a change in the logit counts as this much, so that a share of it is a number


def explained(case: Case) -> tuple[str, str]:
    """The choice of what is explained: a logit, a difference of two, or the value of a regression."""
    labels = case.classifier.labels
    if is_regression(case.classifier):
        against = "" if case.against is None else f" less “{labels[case.against]}”"
        return "explained", f"the value “{labels[case.target]}”{against}"
    against = "" if case.against is None else f" less that of “{labels[case.against]}”"
    return "explained", f"the logit of “{labels[case.target]}”{against}"


def share_of_change(gap: float, change: float) -> float:
    """|gap| as a share of |change|, the change in the logit between baseline and text."""
    return abs(gap) / max(abs(change), SMALLEST_CHANGE)


def gap_quality(case: Case, gaps: list[tuple[float, float]], more: str = "") -> Quality:
    """The completeness gap from (gap, change in the logit) of each window: that of the window where it is the larger share."""
    gap, change = max(gaps, key=lambda pair: share_of_change(*pair))
    share, unit = share_of_change(gap, change), OWN_SCALE if is_regression(case.classifier) else LOGITS
    meaning = f"The scores of all positions add up to {change + gap:.3f} {unit}; from the baseline to the text it changes by {change:.3f}.{more}"
    return Quality("gap", "completeness gap", 100 * share, "% of the change", share < LARGEST_GAP, meaning)
