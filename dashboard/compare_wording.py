"""Every label and sentence of the Compare page. Nothing here is computed but words around figures."""

import numpy as np

from core.comparison import REMOVALS, Comparison, Game, Quality, WordScores
from core.prediction import Prediction
from dashboard import wording
from dashboard.answers import ANSWERS

TITLE = "Which explanation is right?"
TAGLINE = (
    "Every method on the same words, and every method put to the same test: hide the words that it ranks highest, and see "
    "whether the answer falls; show only those, and see whether it stays."
)
GO_COMPARE, GO_COMPARE_HELP = "Compare methods", "The same text explained by many methods side by side, each put to the test."
EXPLORE_PAGE, COMPARE_PAGE = "Explore", "Compare"

SORTS = ("faithfulness", "cost", "name")
SORT = "Sort rows by"
REMOVAL = "A hidden word is"
REMOVAL_NAMES = {"mask": "[MASK]", "delete": "left out", "unknown": "[UNK]"}
REMOVAL_HELP = (
    "What the test does to a word. " + "; ".join(f"{REMOVAL_NAMES[name]}: {does}" for name, does in REMOVALS.items()) + "."
)

WALL_TITLE, WALL_SUBTITLE = "Every method on the same words", "click a word to read its scores, a name for what the method is"
NORMALISATION = (
    "Colours: each row is divided by its largest magnitude, so they compare the words of one row, not one row with another."
)
ONE_HUE = "Methods without a sign are orange only: the deeper, the more the word matters."
COLUMNS_NOTE = (
    "Score: in the method’s own unit, and its rank by size, whatever the sign. Cost: a row is one copy of the text that the model reads. "
    "Trust: checks of the map; ▲ says that one came out poor. A method’s name opens what its badges mean."
)
FOR_AGAINST_LINES = " (solid line)", " (dotted line)"

DEAR_TITLE = "Methods that take longer"
DEAR_NOTE = "These ask the model for many altered copies of the text. Each runs when you ask for it; a run can be stopped, and keeps what is finished."
RUN, RUN_ALL, QUEUED, RUNNING = "Run", "Run all", "Waiting", "Running"
SANITY_BUTTON = "Check sanity"
SANITY_HELP = (
    "Makes the model's weights random, from the output down, and runs each method again. A map that stays as it was never looked at "
    "what the model learned: it gets a red badge."
)
CLOSER = "Look closer at"
CLOSER_HELP = "The method whose words are hidden below, and which stands out in the figures."
SANITY_BADGES = {True: "sane", False: "failed sanity", None: "sanity unclear"}
STOPPED = "You stopped this. What was finished is kept, and the other methods can be run again whenever you like."
DOWNLOAD_CSV, DOWNLOAD_JSON = "Download CSV", "Download JSON"

_SHORT = {"gap": "gap", "r2": "R²", "spread": "spread", "coherence": "coherence", "sanity": "sanity"}
_SAID_AT = 0.2  # the share of hidden words that the verdict tells of
_CLOSE = 0.005  # faithfulness below which two rankings count as equally good


def verdict(comparison: Comparison, best: str | None, is_all: bool = True) -> str:
    """The answer of the whole page in one sentence; empty where nothing was tested. Not `is_all`: more methods are on their way."""
    if best is None:
        return ""
    game, floor, prediction = comparison.games[best], comparison.games.get("random"), comparison.prediction
    label, at = comparison.rows[best].card.label, int(np.abs(game.fractions - _SAID_AT).argmin())
    n_hidden = max(1, int(np.ceil(game.fractions[at] * len(comparison.word_spans))))
    if len(comparison.word_spans) < 2:
        return "With one word there is one order, so the test can’t tell the methods apart."
    here = "On this text" if is_all else "So far, on this text,"
    if floor is not None and game.faithfulness < floor.faithfulness + _CLOSE:
        return f"{here} no method’s words held up better than words in random order, so none of these rankings should be trusted here."
    hidden = "its top word" if n_hidden == 1 else f"its top {n_hidden} words"
    sentence = (
        f"{here} the words ranked by “{label}” held up best: hiding {hidden} takes “{prediction.labels[prediction.target]}” "
    )
    sentence += f"from {told(prediction, game.whole)} to {told(prediction, game.hide[at])}"
    sentence += "." if floor is None else f"; as many words in random order take it to {told(prediction, floor.hide[at])}."
    return sentence + _equals(comparison, best)


def _equals(comparison: Comparison, best: str) -> str:
    """How many methods did as well as the best one; empty where none did."""
    least = comparison.games[best].faithfulness - _CLOSE
    n = sum(game.faithfulness >= least for name, game in comparison.games.items() if name not in (best, "random"))
    return "" if not n else f" {n} other method{'s' if n > 1 else ''} did as well (faithfulness within {_CLOSE})."


CAVEAT = "One text is one text: on another, another method may come first. The order of methods settles over many texts."


def told(prediction: Prediction, value: float) -> str:
    """What the model says of the class, for people."""
    return wording.percent(float(value)) if prediction.is_probability else f"{value:.3g}".replace("-", "−")


def game_unit(prediction: Prediction) -> str:
    """The unit of every game's figures."""
    return "probability, −1 to 1" if prediction.is_probability else "points of the model’s own scale"


def faithfulness_note(comparison: Comparison, game: Game | None) -> str:
    """What the column of faithfulness holds."""
    prediction = comparison.prediction
    shares = ", ".join(f"{100 * share:.0f}" for share in (game.fractions if game else ()))
    said = "the probability" if prediction.is_probability else "the value"
    return (
        f"Faithfulness φ: {said} of “{prediction.labels[prediction.target]}” with only a method’s top words shown, less that with them hidden, "
        f"averaged over the top {shares} % of the words (unit: {game_unit(prediction)}; higher is better, and random order is the floor)."
    )


def colour_note(comparison: Comparison) -> str:
    """Under the wall: how to read the colours."""
    sides = ANSWERS[comparison.prediction.problem_type].sides.format(*FOR_AGAINST_LINES).capitalize() + "."
    kinds = {row.card.signed for row in comparison.rows.values()}
    return " ".join([NORMALISATION, *([sides] if True in kinds else []), *([ONE_HUE] if False in kinds else [])])


def number(value: float, digits: int = 3) -> str:
    """A signed figure with a real minus."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: no minus before a zero


def moves(fall: float) -> str:
    """How far the answer fell, or rose where the fall is below zero."""
    return f"{'rises' if round(fall, 3) < 0 else 'falls'} by {number(abs(fall))}"


def rows_of(scores: WordScores) -> str:
    """What one run cost, in rows."""
    n = scores.forwards + scores.backwards
    return "0 rows" if n == 0 else "1 row" if n == 1 else f"{n:,} rows"


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 0.001:
        return "< 1 ms"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def cost_in_full(scores: WordScores) -> str:
    """Both kinds of rows, and the time."""
    return f"{scores.forwards:,} rows of forward passes, {scores.backwards:,} of forward and backward passes, {duration(scores.seconds)}"


def quality_badge(quality: Quality) -> str:
    """A figure of trust in a few characters."""
    value = f"{quality.value:.2g}" if abs(quality.value) < 100 else f"{quality.value:.0f}"
    return f"{_SHORT.get(quality.name, quality.label)} {value.replace('-', '−')}{' %' if quality.unit.startswith('%') else ''}"


def quality_in_full(quality: Quality) -> str:
    """The same with its unit and what it means."""
    verdicts = {True: " Good.", False: " Poor.", None: ""}
    return f"{quality.label}: {quality.value:.3g} {quality.unit}.{verdicts[quality.is_good]} {quality.meaning}"


def where(scores: WordScores, is_recommended: bool) -> str:
    """At which layer a method was read; empty where it has none."""
    return "" if scores.layer is None else wording.layer_name(scores.layer) + (" ★" if is_recommended else "")


def run_button(label: str) -> str:
    """Which method the button runs."""
    return f"{RUN} {label}"


def cost(comparison: Comparison) -> str:
    """What the whole comparison cost, in one line."""
    made, total = comparison.provenance, comparison.forwards + comparison.remembered
    spared = f" ({comparison.remembered:,} of {total:,} asked for were known already)" if comparison.remembered else ""
    spent = made.seconds.get("all", sum(made.seconds.values()))
    return (
        f"{comparison.forwards:,} rows of forward passes{spared} · {comparison.backwards:,} of forward and backward passes · "
        f"{duration(spent)} · {made.device}, {made.dtype} · weights {made.revision}"
    )
