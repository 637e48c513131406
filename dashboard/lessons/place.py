"""Step 5: why late layers lose their place."""

import numpy as np

from core.markup import visible
from dashboard.components import lesson_figures
from dashboard.lessons.lesson import (
    Context,
    Option,
    Question,
    ask,
    cosine,
    percent,
    signed,
    signed_strip,
    strips,
    strong,
    word_in_quotes,
)

TITLE = "Why late layers lose their place"
PAPERS = (
    ("Brunner et al. 2019, whether a state still belongs to its word", "https://arxiv.org/abs/1908.04211"),
    ("Clark et al. 2019, what attention to [CLS] and [SEP] is for", "https://arxiv.org/abs/1906.04341"),
)
READ_NOTE = (
    "The bar: how much of the layer’s saliency, signs left aside, lies on words. Below it every place with its score, not"
    " decoded; orange speaks for the class, blue against it, each layer on its own scale. Dashed boxes are tokens that the"
    " model adds."
)
NONE, ONE_PLACE = 0.005, 0.9  # shares of the saliency: as good as none; as good as all


def show(context: Context) -> Question:
    """Draw the step; returns its question."""
    lesson_figures.show_prose(says(context), "place")
    lesson_figures.show_figure("layer_strips", figure(context), "place")
    return question(context)


def on_words(context: Context) -> np.ndarray:
    """(L) share of the layer's saliency that lies on words."""
    return 1 - context.figures.special_relevance


def places(context: Context) -> tuple[list[str], list[int], np.ndarray]:
    """The places of the text in their order, special tokens among the words: their names, which of them are special, and the
    (L, P) scores that are not decoded. Of a long text, the words of the figures."""
    tokens, words = context.report.tokens, context.word_scores("undecoded")
    scores, names, special, columns, seen = context.report.maps["undecoded"].scores, [], [], [], set()
    for index, word in enumerate(tokens.word_of.tolist()):
        if word < 0:
            special.append(len(names))
            names.append(visible(tokens.texts[index]))
            columns.append(scores[:, index])
        elif word < len(context.words) and word not in seen:
            seen.add(word)
            names.append(context.words[word])
            columns.append(words[:, word])
    return names, special, np.stack(columns, axis=1)


def strongest_word(context: Context, layer: int) -> tuple[int, float]:
    """The word with the largest score of a layer, not decoded, and its share of all words' there."""
    scores = np.abs(context.word_scores("undecoded")[layer])
    return int(scores.argmax()), float(scores.max() / (scores.sum() or 1))


def says(context: Context) -> list[str]:
    """The sentences above the figure."""
    share, last = on_words(context), context.last
    own = context.figures.own_likeness[last].mean()
    lines = [
        (
            "A layer’s map is only about your words if two things hold: the saliency lies at the words, and each state still"
            " stands for its own word."
        ),
        (
            f"The first: at the embedding {strong(percent(share[0]))} of the saliency lies on your words; after the last layer"
            f" {strong(percent(share[last]))}."
        ),
    ]
    if share[last] < NONE:
        shares = context.figures.special_shares[last]
        name = visible(context.figures.specials[int(shares.argmax())])
        lines.append(
            f"That does not mean that the words don’t matter. The model reads its answer off one place, {strong(name)}, which"
            f" is no word of yours. On the way up the words have been mixed into it; past the last layer, only {strong(name)}"
            " can still move the answer."
        )
    elif strongest_word(context, last)[1] > ONE_PLACE and len(context.words) > 1:
        word = strongest_word(context, last)[0]
        lines.append(
            f"Nearly all of it lies at one place, {word_in_quotes(context.words[word])}: the model reads its answer off there."
            " The other words have been mixed into it on the way up."
        )
    else:
        lines.append(
            f"This model keeps looking at the words’ own places up to the end; {strong(percent(1 - share[last]))} lies on"
            " tokens that it adds itself."
        )
    lines.append(
        f"The second: after the last layer a word’s state is on average only {strong(cosine(own))} alike to its own start"
        " (step 2). What lies at a place need not be about the word that stands there. So a late layer has to be read back into words:"
        " that is step 6."
    )
    return lines


def figure(context: Context) -> dict:
    """What the component draws."""
    names, special, scores = places(context)
    share = on_words(context)
    low, high = context.report.prediction.sides
    parts = [
        {"name": name, "shares": part.tolist(), "figures": [percent(value) for value in part]}
        for name, part in (("on your words", share), ("on tokens the model adds", 1 - share))
    ]
    return strips(
        context,
        READ_NOTE,
        bar={"title": "Where the saliency of this layer lies", "parts": parts},
        rows=[signed_strip("Every place, and what it adds at this layer", names, scores, special=special)],
        says=[_say(context, names, scores, layer) for layer in range(context.n_states)],
        legend=[{"kind": "signed", "low": low, "high": f"{high} “{context.label}”, in {context.unit}"}],
    )


def _say(context: Context, names: list[str], scores: np.ndarray, layer: int) -> str:
    if not np.abs(scores[layer]).max(initial=0.0):
        return f"At {context.layer_name(layer)} no place has any saliency."
    top, own = int(np.abs(scores[layer]).argmax()), context.figures.own_likeness[layer].mean()
    return (
        f"At {context.layer_name(layer)} the strongest place is {word_in_quotes(names[top])} with"
        f" {strong(signed(scores[layer, top]))} {context.unit}. A word’s state is {strong(cosine(own))} alike to its own start."
    )


def question(context: Context) -> Question:
    """How much of the last layer's saliency lies on words."""
    share, last = on_words(context), context.last

    def told(layer: int) -> str:
        return f"At {context.layer_name(layer)}, {strong(percent(share[layer]))} of the saliency lies on your words"

    right = Option(percent(share[last]), f"{told(last)}, and {strong(percent(1 - share[last]))} on tokens that the model adds.")
    wrong = [
        Option(percent(share[layer]), f"That is {context.layer_name(layer)}. {told(last)}.")
        for layer in (0, last // 2, max(last - 1, 0))
    ]
    wrong.append(Option(percent(1 - share[last]), f"That is what lies on tokens that the model adds. {told(last)}."))
    if all(option.text == right.text for option in wrong):
        wrong.append(Option("about half", f"{told(last)}."))
    distinct = {option.text: option for option in wrong}
    places_of = [right.text, *distinct]
    numbers = {text: float(share[last]) if text == right.text else _number(text) for text in places_of}
    return ask(
        "How much of the last layer’s saliency lies on your words?",
        right,
        *list(distinct.values())[:3],
        order=lambda o: numbers[o.text],
    )


def _number(text: str) -> float:
    digits = "".join(c for c in text if c.isdigit())
    return float(digits) / 100 + ("<" in text) * -0.001 + (">" in text) * 0.001 if digits else 0.5
