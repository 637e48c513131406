"""Step 3: a gradient is a slope."""

import numpy as np

from core.lesson_records import Slope
from dashboard import lesson_engine
from dashboard.components import lesson_figures
from dashboard.learn_wording import READ
from dashboard.lessons.lesson import Context, Option, Question, ask, signed, strong, word_in_quotes

TITLE = "Where the gradient comes from"
PAPERS = (
    ("Simonyan et al. 2013, saliency from gradients", "https://arxiv.org/abs/1312.6034"),
    ("Sundararajan et al. 2017, why a slope at one point is not enough", "https://arxiv.org/abs/1703.01365"),
)
READ_NOTE = (
    "Solid: what the model really says at each strength of the word, measured. Dashed: the straight line with the gradient’s"
    " slope. They touch at strength 1, your text; away from there the line only guesses."
)
CLOSE = 0.1  # share of what the line promises within which line and curve count as alike


def ask_ahead(context: Context) -> Slope:
    """The slope of the word chosen. Raises SaliencyError where the model can't be asked."""
    return lesson_engine.slope(context.report.query, context.spec, context.word)


def show(context: Context) -> Question:
    """Draw the step; returns its question. Raises SaliencyError where the model can't be asked."""
    slope = ask_ahead(context)
    lesson_figures.show_prose(says(context, slope), "gradient")
    lesson_figures.show_pickers(context)
    lesson_figures.show_figure("lesson_slope", figure(context, slope), "gradient")
    return question(context, slope)


def says(context: Context, slope: Slope) -> list[str]:
    """The sentences above the figure."""
    word, name = word_in_quotes(context.words[context.word]), f"“{strong(context.label)}”"
    first = (
        f"Before the model turns it into a percentage, its answer is a plain number, the logit: {strong(signed(slope.at_one))}"
        f" for {name}."
    )
    if not context.report.prediction.is_probability:
        first = f"The model’s answer is a plain number: {strong(signed(slope.at_one))} for {name}."
    return [
        first,
        (
            f"Now turn one word down and up. All the numbers of {word} are multiplied by a strength: at 1 the text is as you"
            " wrote it, at 0 the word’s numbers are all 0."
        ),
        (
            f"The gradient is the slope of the curve where you stand, at strength 1: {strong(signed(slope.slope))} {context.unit}"
            " for each 1 of strength. The model is not run again for it: one pass backwards through the network gives the slope for"
            " every word and every layer at once."
        ),
    ]


def figure(context: Context, slope: Slope) -> dict:
    """What the component draws."""
    line = np.asarray(slope.tangent(slope.alphas), dtype=float)
    low, high = _range(np.concatenate([slope.logit, line]))
    word = context.words[context.word]

    def say(i: int) -> str:
        real, promised = slope.logit[i] - slope.at_one, line[i] - slope.at_one
        if abs(slope.alphas[i] - 1) < 1e-9:
            return f"At strength {strong('1')}, your text, curve and line touch: {strong(signed(slope.at_one))}."
        return f"From your text the answer really moves by {strong(signed(real))}; the line promises {strong(signed(promised))}."

    return {
        "about": f"{context.about}-{context.word}",
        "alphas": [round(float(alpha), 4) for alpha in slope.alphas],
        "start": int(np.abs(slope.alphas - 1).argmin()),
        "measured": [float(value) for value in slope.logit],
        "tangent": line.tolist(),
        "range": [low, high],
        "ticks": ticks(low, high),
        "marks": [[0, "0"], [0.5, "0.5"], [1, "1: your text"], [1.5, "1.5"]],
        "axis": "strength of the word",
        "names": [f"“{context.label}”, measured", "straight line from the gradient"],
        "figures": [[signed(value) for value in slope.logit], [signed(value) for value in line]],
        "slider": f"Strength of “{word}”",
        "strengths": [f"× {alpha:.2f}" for alpha in slope.alphas],
        "says": [say(i) for i in range(len(slope.alphas))],
        "read": [f"{READ}:", f"{READ_NOTE} The scale at the left is in {context.unit}."],
    }


def _range(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 0.1
    return low - room, high + room


def ticks(low: float, high: float) -> list[list]:
    """(value, name) of three to six round values between two ends."""
    size = 10 ** np.floor(np.log10((high - low) / 3))
    step = next((factor * size for factor in (10, 5, 2) if (high - low) / (factor * size) >= 3), size)  # never none, by rounding
    digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [[float(v), f"{v:+.{digits}f}".replace("-", "−") if abs(v) > step / 2 else "0"] for v in values]


def question(context: Context, slope: Slope) -> Question:
    """With the word turned off: does the answer move as far as the gradient promises?"""
    off = int(np.abs(slope.alphas).argmin())
    real, promised = float(slope.logit[off] - slope.at_one), float(slope.tangent(slope.alphas[off]) - slope.at_one)
    texts = (
        "further than the line promises",
        "about as far (within a tenth)",
        "less far than the line promises",
        "the other way",
    )
    if abs(real - promised) <= CLOSE * abs(promised) + 1e-9:
        right = 1
    elif real * promised < 0:
        right = 3
    else:
        right = 0 if abs(real) > abs(promised) else 2
    figures = f"The line promises {strong(signed(promised))}, the model really moves by {strong(signed(real))}."
    lesson = (
        " A gradient knows how it goes on from here, not what lies far away."
        if right != 1
        else " Here the curve is nearly straight."
    )
    options = [Option(text, figures + (lesson if i == right else "")) for i, text in enumerate(texts)]
    prompt = (
        f"Turn {word_in_quotes(context.words[context.word])} off: move the slider to {strong('0')}. How far does the answer"
        " really move?"
    )
    return ask(prompt, options[right], *[o for i, o in enumerate(options) if i != right], order=lambda o: texts.index(o.text))
