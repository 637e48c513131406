"""Step 2: hidden states, and how alike they are."""

import numpy as np

from dashboard.components import lesson_figures
from dashboard.lessons.lesson import Context, Option, Question, ask, cosine, strip, strips, strong, word_in_quotes

TITLE = "What a layer holds"
PAPERS = (("Ethayarajh 2019, how words mix with their context", "https://arxiv.org/abs/1909.00512"),)
READ_NOTE = (
    "The darker a word, the more alike its state is to that of the framed word, at the layer of the slider. Click a word to"
    " frame it; below it stands the figure, 1.00 being the same."
)
SEEN = 0.01  # a difference that shows in the figures


def show(context: Context) -> Question:
    """Draw the step; returns its question."""
    lesson_figures.show_prose(says(context), "states")
    lesson_figures.show_figure("layer_strips", figure(context), "states")
    return question(context)


def says(context: Context) -> list[str]:
    """The sentences above the figure."""
    width, layers, last = strong(f"{context.facts.width:,}"), context.last, context.figures.mean_likeness
    lines = [
        (
            f"Each token becomes a list of {width} numbers: its hidden state. {strong(layers)} layers rewrite all the lists,"
            f" one layer after the other. With the start, the embedding, that makes {strong(context.n_states)} states of every"
            " token."
        ),
        (
            f"Nobody can read {width} numbers. But one can ask how alike two lists are: 1 if they point the same way, 0 if they"
            " have nothing in common. This is called the cosine."
        ),
    ]
    if len(context.words) > 1:
        lines.append(
            "Each layer mixes into a word what stands around it. At the start two words of your text are"
            f" {strong(cosine(last[0]))} alike on average; after the last layer {strong(cosine(last[-1]))}."
        )
    own = context.figures.own_likeness[:, context.word]
    lines.append(
        f"And a word drifts away from itself: after the last layer the state of {word_in_quotes(context.words[context.word])}"
        f" is {strong(cosine(own[-1]))} alike to its own start."
    )
    return lines


def nearest(context: Context, layer: int, word: int) -> int | None:
    """The other word whose state is most alike; None with one word."""
    if len(context.words) < 2:
        return None
    row = context.figures.likeness[layer, word].copy()
    row[word] = -2
    return int(row.argmax())


def figure(context: Context) -> dict:
    """What the component draws."""
    likeness, own = context.figures.likeness, context.figures.own_likeness

    def say(layer: int, word: int) -> str:
        other, name = nearest(context, layer, word), word_in_quotes(context.named[word])
        start = f"With its own start it is {strong(cosine(own[layer, word]))} alike."
        if other is None:
            return f"At {context.layer_name(layer)}, the state of {name}: {start[0].lower()}{start[1:]}"
        return (
            f"At {context.layer_name(layer)}, {name} is most like {word_in_quotes(context.named[other])}"
            f" ({strong(cosine(likeness[layer, word, other]))}). {start}"
        )

    title = "How alike each word’s state is to that of the framed word"
    figures = [[[cosine(value) for value in row] for row in layer] for layer in likeness]
    return strips(
        context,
        READ_NOTE,
        pick=context.word,
        pickRow=0,
        rows=[strip(title, context.words, np.round(likeness.clip(0, 1), 3).tolist(), figures, "share", byPick=True)],
        says=[[say(layer, word) for word in range(len(context.words))] for layer in range(context.n_states)],
        legend=[{"kind": "share", "low": "0: nothing in common", "high": "1: the same"}],
    )


def question(context: Context) -> Question:
    """Which word is nearest at the last layer; where none stands out, at which layer a word is least like its start."""
    word, last = context.word, context.last
    other = nearest(context, last, word)
    if other is not None:
        row = context.figures.likeness[last, word].astype(float).copy()
        row[word] = -2
        wrong = [i for i in context.others(other, row, SEEN) if i != word]
        if wrong:

            def told(i: int) -> str:
                return f"{word_in_quotes(context.named[i])} is {strong(cosine(row[i]))} alike to it there"

            prompt = (
                f"Frame {word_in_quotes(context.named[word])} and move the slider to {strong(context.layer_name(last))}. Which"
                " of these words is most like it there?"
            )
            options = [Option(context.named[i], f"{told(i)}; {told(other)}.") for i in wrong]
            return ask(prompt, Option(context.named[other], f"{told(other)}, more than any other word."), *options)
    own = context.figures.own_likeness[:, word]
    least = int(own.argmin())

    def told(layer: int) -> str:
        return f"At {context.layer_name(layer)} it is {strong(cosine(own[layer]))} alike to its start"

    wrong = [
        Option(context.layer_name(i), f"{told(i)}. {told(least)}.")
        for i in (0, last, (least + 1) // 2)
        if own[i] - own[least] > SEEN
    ]
    prompt = f"At which of these layers is {word_in_quotes(context.named[word])} least like its own start?"
    return ask(
        prompt,
        Option(context.layer_name(least), f"{told(least)}: the lowest of all."),
        *wrong or [Option("none of them", f"{told(least)}.")],
    )
