"""Step 7: coherence, and which layer to look at."""

from dataclasses import replace

import numpy as np

from dashboard import wording
from dashboard.components import lesson_figures
from dashboard.lessons.lesson import (
    Context,
    Option,
    Question,
    ask,
    percent,
    shades,
    signed,
    strip,
    strips,
    strong,
    word_in_quotes,
)

TITLE = "Which layer to look at"
PAPERS = (
    ("Hou & Castañón 2023, semantic coherence of layers", "https://arxiv.org/abs/2308.05219"),
    ("Tenney et al. 2019, what is decided at which layer", "https://arxiv.org/abs/1905.05950"),
)
READ_NOTE = (
    "Each line is a share, 0 to 100 %, by layer; click into the figure or move the slider. Below it the words in the colours of"
    " the layer chosen: orange speaks for the class, blue against it. The star marks the layer shown first on Explore."
)
SEEN = 0.005  # a difference of two shares that shows
READABLE, ON_WORDS, DECIDED = (
    "words that the head still finds at their places",
    "saliency that lies on words",
    "“{}” if the model stopped here",
)


def show(context: Context) -> Question:
    """Draw the step; returns its question."""
    lesson_figures.show_prose(says(context), "choosing")
    lesson_figures.show_figure("layer_strips", figure(context), "choosing")
    return question(context)


def found(context: Context) -> np.ndarray | None:
    """(L) share of the words that the head finds at their places: the coherence; None without a head."""
    profile = context.report.profiles.get("own_top1")
    return None if profile is None else profile.values


def stopped(context: Context) -> np.ndarray:
    """(L) what the model would say of the output explained if it stopped at a layer."""
    return context.report.layer_outputs[:, context.report.prediction.target]


def says(context: Context) -> list[str]:
    """The sentences above the figure."""
    last, coherence, early, on_words = (
        context.last,
        found(context),
        stopped(context),
        context.report.profiles["content_share"].values,
    )
    prediction = context.report.prediction
    tell = (lambda v: percent(float(v))) if prediction.is_probability else (lambda v: f"{v:.3g}".replace("-", "−"))
    lines = ["Going up the layers, something is gained and something is lost."]
    if coherence is not None:
        lines.append(
            f"Lost: at the embedding the language-model head finds {strong(percent(coherence[0]))} of your words at their"
            f" places, after the last layer {strong(percent(coherence[last]))}. This is called coherence: how far a layer can"
            f" still be read as your text. And the saliency on words goes from {strong(percent(on_words[0]))} to"
            f" {strong(percent(on_words[last]))} (step 5)."
        )
    else:
        lines.append(
            f"Lost: the saliency on words goes from {strong(percent(on_words[0]))} to {strong(percent(on_words[last]))} (step"
            " 5). How far the layers can still be read, the coherence, is not known: this model came without a language-model"
            " head."
        )
    lines.append(
        f"Gained: the answer. Had the model stopped at the embedding it would say “{strong(context.label)}” with"
        f" {strong(tell(early[0]))}; after the last layer it says {strong(tell(early[last]))}."
        if prediction.is_probability
        else (
            f"Gained: the answer. Had the model stopped at the embedding its value would be {strong(tell(early[0]))}; after the"
            f" last layer it is {strong(tell(early[last]))}."
        )
    )
    again = (
        "Read back (step 6), even a layer that has lost its place gives a map again; how far to trust it is another question. "
        if context.has_head
        else ""
    )
    lines.append(
        f"So no layer is best in everything. {again}Explore shows {strong(context.layer_name(context.recommended))} first."
        f" {context.report.choice.reason} Coherence does not choose: it says how far the chosen layer’s words can be trusted."
    )
    return lines


def figure(context: Context) -> dict:
    """What the component draws."""
    coherence, early, on_words = found(context), stopped(context), context.report.profiles["content_share"].values
    prediction, method = context.report.prediction, context.report.headline
    curves = [] if coherence is None else [_line(READABLE, coherence, "")]
    curves.append(_line(ON_WORDS, on_words, "dash"))
    if prediction.is_probability:
        curves.append(_line(DECIDED.format(context.label), early, "dots"))
    scores = context.word_scores(method)
    low, high = prediction.sides

    def say(layer: int) -> str:
        if not np.abs(scores[layer]).max(initial=0.0):
            return f"At {context.layer_name(layer)} no word has any saliency."
        top = int(np.abs(scores[layer]).argmax())
        value = wording.percent(float(early[layer])) if prediction.is_probability else f"{early[layer]:.3g}".replace("-", "−")
        stop = f"Stopped here, the model would say {strong(value)} for “{context.label}”."
        return (
            f"{stop} The strongest word is {word_in_quotes(context.named[top])} with {strong(signed(scores[layer, top]))}"
            f" {context.unit}."
        )

    title = "The words at this layer, decoded" if method == "decoded" else "The words at this layer, not decoded"
    figures = [[f"{signed(value)} {context.unit}" for value in row] for row in scores]
    return strips(
        context,
        READ_NOTE,
        start=context.recommended,
        curves=curves,
        rows=[strip(title, context.words, shades(scores), figures, captions=False)],
        says=[say(layer) for layer in range(context.n_states)],
        legend=[{"kind": "signed", "low": low, "high": f"{high} “{context.label}”, each layer on its own scale"}],
    )


def _line(name: str, values: np.ndarray, dash: str) -> dict:
    return {
        "name": name,
        "values": [round(float(v), 4) for v in values],
        "figures": [percent(float(v)) for v in values],
        "dash": dash,
    }


def question(context: Context) -> Question:
    """Whether the layer shown first is the one that reads best; without a head, where most saliency lies on words."""
    values, shown = found(context), context.recommended
    if values is None:
        return _ask_where_words_are(context)

    def told(layer: int) -> str:
        return f"{strong(percent(values[layer]))} of the words at {context.layer_name(layer)}"

    is_best, best = bool(values[shown] >= values.max() - SEEN), int(values.argmax())
    other = best if not is_best else context.last if shown != context.last else 0
    figures = f"The head finds {told(other)}, and {told(shown)}."
    prompt = f"Explore shows {strong(context.layer_name(shown))} first. Is it also the layer that the head reads best?"
    yes = Option(f"Yes: no other layer is read better than {context.layer_name(shown)}.", figures)
    no = Option(f"No: {context.layer_name(other)} is read better.", figures)
    if is_best:
        return ask(prompt, replace(yes, because=f"{figures} No layer is read better; that is not why it was chosen, though."), no)
    return ask(prompt, replace(no, because=f"{figures} What can be read best is not what the answer hangs on most."), yes)


def _ask_where_words_are(context: Context) -> Question:
    """At which layer most of the saliency lies on words."""
    values, last = context.report.profiles["content_share"].values, context.last
    best, least = int(values.argmax()), int(values.argmin())

    def told(layer: int) -> str:
        return f"{context.layer_name(layer)}: {strong(percent(values[layer]))}"

    lower = [layer for layer in (least, last, last // 2) if values[best] - values[layer] > SEEN]
    wrong = [Option(context.layer_name(layer), f"{told(layer)}; {told(best)}.") for layer in lower]
    right = Option(context.layer_name(best), f"{told(best)}; nowhere is it more.")
    nowhere = Option("at none of them", f"{told(best)}.")
    return ask("At which of these layers does most of the saliency lie on your words?", right, *wrong or [nowhere])
