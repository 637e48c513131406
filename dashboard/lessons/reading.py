"""Step 6: the language-model head reads a layer back into words."""

import numpy as np

from core.markup import visible
from dashboard.components import lesson_figures
from dashboard.lessons.lesson import (
    Context,
    Option,
    Question,
    ask,
    percent,
    shades,
    signed,
    signed_strip,
    strip,
    strips,
    strong,
    word_in_quotes,
)

TITLE = "How a layer is read back"
PAPERS = (
    ("Hou & Castañón 2023, decoding layer saliency", "https://arxiv.org/abs/2308.05219"),
    ("Geva et al. 2022, layers read as words", "https://arxiv.org/abs/2203.14680"),
)
READ_NOTE = (
    "Click a place in the first row: the second row shows as which of your words the language-model head reads it, the darker"
    " the more. The third row is the map after all places have been handed over so. Orange speaks for the class, blue"
    " against it."
)
NO_HEAD = (
    (
        "This model came without a language-model head, so nobody can read its layers back into words. Its maps stay undecoded:"
        " each score is shown at the place where it arises, whatever that place has become."
    ),
    "A head can be added: open “About this model” at the left. Or choose one of the models that come with the project.",
)
SEEN = 0.01  # a difference that shows in the figures


def show(context: Context) -> Question:
    """Draw the step; returns its question. Without a language-model head, it says what is missing."""
    lesson_figures.show_prose(says(context), "reading")
    lesson_figures.show_figure("layer_strips", figure(context), "reading")
    return question(context)


def places(context: Context) -> tuple[list[str], int, np.ndarray, np.ndarray]:
    """Special places, then words: their names, how many are special, their (L, P) scores that are not decoded, and (L, P, W) as
    which words the head reads them."""
    special = [visible(text) for text in context.figures.specials]
    scores = np.concatenate([context.special_scores(), context.word_scores("undecoded")], axis=1)
    reads = np.concatenate([context.figures.special_reads, context.figures.reads], axis=1)
    return [*special, *context.words], len(special), scores, reads


def says(context: Context) -> list[str]:
    """The sentences above the figure."""
    if not context.has_head:
        return list(NO_HEAD)
    names, _, scores, reads = places(context)
    last, top = context.last, int(np.abs(scores[context.last]).argmax())
    lines = [
        (
            "Before it learned to classify, this model learned to guess missing words. The part that guessed, the language-model"
            " head, still fits: give it the state of any layer, and it names words."
        ),
        _vocabulary_reading(context),
        (
            "For decoding, the head may name only words of your own text. Each place hands its saliency to them in the"
            " proportions in which it is read."
        ),
        (
            f"At the last layer {word_in_quotes(names[top])} holds {strong(signed(scores[last, top]))} {context.unit}. It is"
            f" read as {_shares(context, reads[last, top])}. So saliency that lay on no word of yours comes back to words, and"
            " none is lost: the sum stays the same."
        ),
    ]
    return [line for line in lines if line]


def _vocabulary_reading(context: Context) -> str:
    """What the head reads at the chosen word, all the vocabulary allowed."""
    decoding, tokens = context.report.decoding, np.flatnonzero(context.report.tokens.word_of == context.word)
    if decoding is None or not len(tokens):
        return ""
    told = []
    for layer in dict.fromkeys((context.recommended, context.last)):
        best = zip(decoding.top_ids[layer, tokens[0]][:3], decoding.top_probabilities[layer, tokens[0]][:3])
        named = ", ".join(f"{strong(decoding.texts[int(i)].strip() or '␣')} {percent(float(p))}" for i, p in best)
        told.append(f"at {context.layer_name(layer)} as {named}")
    return f"Where {word_in_quotes(context.words[context.word])} stands, it reads the state {'; '.join(told)}."


def _shares(context: Context, row: np.ndarray, most: int = 3) -> str:
    best = [int(i) for i in np.argsort(-row, kind="stable")[:most] if row[i] >= SEEN] or [int(row.argmax())]
    return ", ".join(f"{word_in_quotes(context.named[i])} {percent(float(row[i]))}" for i in best)


def figure(context: Context) -> dict:
    """What the component draws."""
    low, high = context.report.prediction.sides
    legend = [{"kind": "signed", "low": low, "high": f"{high} “{context.label}”, in {context.unit}; each row on its own scale"}]
    if not context.has_head:
        return _figure_without_head(context, legend)
    names, n_special, scores, reads = places(context)
    decoded = context.word_scores("decoded")
    told = [[[percent(float(value)) if value >= SEEN else "" for value in row] for row in layer] for layer in reads]
    return strips(
        context,
        READ_NOTE,
        start=context.last,
        pick=int(np.abs(scores[context.last]).argmax()),
        pickRow=0,
        rows=[
            signed_strip("1 · Where the saliency arises (choose a place)", names, scores, special=list(range(n_special))),
            strip("2 · As which words the head reads the framed place", context.words, shades(reads), told, "share", byPick=True),
            signed_strip("3 · The map once every place is handed over: decoded", context.words, decoded),
        ],
        says=[
            [_say(context, names, scores, reads, layer, place) for place in range(len(names))]
            for layer in range(context.n_states)
        ],
        legend=legend,
    )


def _figure_without_head(context: Context, legend: list[dict]) -> dict:
    """What it draws where nothing can be read back: the map as it is."""
    scores = context.word_scores("undecoded")
    return strips(
        context,
        "The words with their scores at the layer of the slider; orange speaks for the class, blue against it.",
        start=context.recommended,
        rows=[signed_strip("The map at this layer, not decoded", context.words, scores)],
        says=[f"At {context.layer_name(layer)}, {_strongest(context, scores[layer])}." for layer in range(context.n_states)],
        legend=legend,
    )


def _say(context: Context, names: list[str], scores: np.ndarray, reads: np.ndarray, layer: int, place: int) -> str:
    score, row = scores[layer, place], reads[layer, place]
    best = int(row.argmax())
    lead = (
        f"At {context.layer_name(layer)}, {word_in_quotes(names[place])} holds {strong(signed(score))} and is read as"
        f" {_shares(context, row)}."
    )
    if not score:
        return f"{lead} It has nothing to hand over."
    return f"{lead} So {strong(signed(score * row[best]))} of it goes to {word_in_quotes(context.named[best])}."


def _strongest(context: Context, scores: np.ndarray) -> str:
    if not np.abs(scores).max(initial=0.0):
        return "no word has any saliency"
    top = int(np.abs(scores).argmax())
    return f"the strongest word is {word_in_quotes(context.named[top])} with {strong(signed(scores[top]))} {context.unit}"


def question(context: Context) -> Question:
    """Which word is strongest once the last layer is decoded; without a head, at the recommended layer."""
    layer, method = (context.last, "decoded") if context.has_head else (context.recommended, "undecoded")
    scores, raw = context.word_scores(method)[layer], context.word_scores("undecoded")[layer]
    sizes = np.abs(scores)
    top = int(sizes.argmax())
    wrong = context.others(top, sizes, max(SEEN, 0.02 * float(sizes[top]))) or []

    def told(i: int) -> str:
        return f"{word_in_quotes(context.named[i])} has {strong(signed(scores[i]))}"

    was = f" Before decoding it had {strong(signed(raw[top]))}." if context.has_head else ""
    right = Option(context.named[top], f"{told(top)}, the largest score of all.{was}")
    options = [Option(context.named[i], f"{told(i)}; {told(top)}.") for i in wrong]
    after = " after decoding (third row)" if context.has_head else ""
    prompt = f"At {strong(context.layer_name(layer))}, which word has the largest score{after}, whatever its sign?"
    return ask(
        prompt,
        right,
        *options
        or [Option("none: all score the same", f"{told(top)}. There is no other word to choose, or none far enough behind.")],
    )
