"""Step 8: putting an explanation to the test."""

import math

from core.comparison import FRACTIONS, Comparison, HidingSteps
from core.errors import MethodError, SaliencyError
from dashboard import asking, compare_wording, engine, figure_wording, learn_choice
from dashboard.components import hide_slider, lesson_figures, notice
from dashboard.lessons.lesson import Context, Option, Question, ask, strong
from dashboard.ranking import FLOOR
from dashboard.session import DEFAULT_REMOVAL

TITLE = "How to test an explanation"
PAPERS = (
    ("DeYoung et al. 2019, hiding and revealing words", "https://arxiv.org/abs/1911.03429"),
    ("Adebayo et al. 2018, sanity checks with random weights", "https://arxiv.org/abs/1810.03292"),
)
RANDOMISE = "Give the model random weights"
SHOWN = 0.2  # share of the words that is shown alone; one of FRACTIONS
ALIKE = 0.005  # difference of two shares that does not show


def ask_ahead(context: Context) -> tuple[Comparison, HidingSteps, HidingSteps]:
    """The comparison with random order, and what the model says as words are hidden in the map's order, and at random. Raises
    SaliencyError where the model can't be asked."""
    method, query = context.report.headline, context.report.query
    comparison = engine.compare(query, context.spec, (method, FLOOR), DEFAULT_REMOVAL)
    for name in (method, FLOOR):
        if name not in comparison.rows:
            raise MethodError(comparison.refusals.get(name, "This text can’t be put to the test."))
    steps, floor = (engine.hide(comparison, context.spec, name) for name in (method, FLOOR))
    return comparison, steps, floor


def show(context: Context) -> Question:
    """Draw the step; returns its question. Raises SaliencyError where the model can't be asked."""
    method, (comparison, steps, floor) = context.report.headline, ask_ahead(context)
    lesson_figures.show_prose(says(context, comparison, steps, floor), "testing")
    hide_slider.show(comparison, method, steps, floor, "lesson-hide")
    _show_sanity(context, comparison, method)
    return question(context, steps, floor)


def some(n_words: int, steps: HidingSteps) -> int:
    """How many words the sentences and the slider hide at first: a fifth, at least one."""
    return min(len(steps.order), max(1, math.ceil(SHOWN * n_words)))


def says(context: Context, comparison: Comparison, steps: HidingSteps, floor: HidingSteps) -> list[str]:
    """The sentences above the figure."""
    said, n = comparison.prediction, len(comparison.word_spans)
    k = some(n, steps)

    def tell(value: float) -> str:
        return strong(figure_wording.told(said, value))

    name, words = f"“{strong(context.label)}”", f"the {strong(k)} top word{'s' if k != 1 else ''}"
    alone = (
        float(comparison.games[context.report.headline].reveal[FRACTIONS.index(SHOWN)])
        if context.report.headline in comparison.games
        else None
    )
    lines = [
        "A map may look right and be wrong. There are tests that ask the model itself.",
        (
            f"Hiding: with {words} of {strong(n)} hidden, {name} goes from {tell(steps.says[0])} to {tell(steps.says[k])}. With"
            f" as many words hidden at random, to {tell(floor.says[k])}. A good map makes it fall fast."
        ),
    ]
    if alone is not None:
        lines.append(
            f"Revealing: with {words} shown alone and all others hidden, the model says {tell(alone)}. A good map keeps the"
            " answer."
        )
    return lines


def _show_sanity(context: Context, comparison: Comparison, method: str) -> None:
    """Draw the third test: a button, and once it was pressed what came of it."""
    known = comparison.sanity.get(method)
    if known is None and learn_choice.wants_sanity():
        try:
            known = engine.check_sanity(comparison, context.spec, (method,)).sanity.get(method)
        except asking.GivenUp:
            learn_choice.put_down_sanity()
        except SaliencyError as error:
            learn_choice.put_down_sanity()
            notice.show(str(error), "lesson-sanity-trouble")
    lead = (
        "Random weights: let the model forget all it has learned, and explain again. A map that stays the same never showed the"
        " model, only the text."
    )
    if known is None:
        lesson_figures.show_prose([lead], "sanity")
        lesson_figures.show_sanity_button(RANDOMISE)
        return
    badge = compare_wording.SANITY_BADGES[known.passes]
    lesson_figures.show_prose([lead, f"This map: {strong(badge)}. {known.sentence}"], "sanity")


def question(context: Context, steps: HidingSteps, floor: HidingSteps) -> Question:
    """Which order of hiding lowers the answer further."""
    said = context.report.prediction
    k = some(len(context.report.tokens.word_spans), steps)
    falls = [float(one.says[0] - one.says[k]) for one in (steps, floor)]
    close = ALIKE if said.is_probability else 1e-3 * max(1e-6, *map(abs, falls))
    texts = ("hidden in the order of the map", "hidden at random", "both alike")
    right = 2 if abs(falls[0] - falls[1]) <= close else int(falls[1] > falls[0])
    figures = (
        f"In the order of the map: {strong(figure_wording.told(said, steps.says[0]))} to"
        f" {strong(figure_wording.told(said, steps.says[k]))}; at random: to"
        f" {strong(figure_wording.told(said, floor.says[k]))}."
    )
    verdict = (
        " The map found words that the model needed.",
        " On this text the map does no better than chance: don’t trust it here.",
        " On this text the test can’t tell the map from chance.",
    )[right]
    options = [Option(text, figures + (verdict if i == right else "")) for i, text in enumerate(texts)]
    prompt = f"Set the slider to {strong(k)}. Which lowers “{strong(context.label)}” further?"
    return ask(prompt, options[right], *[o for i, o in enumerate(options) if i != right], order=lambda o: texts.index(o.text))
