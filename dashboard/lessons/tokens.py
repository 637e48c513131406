"""Step 1: the text as tokens."""

import numpy as np

from core.markup import visible
from dashboard import wording
from dashboard.components import lesson_figures
from dashboard.learn_wording import READ
from dashboard.lessons.lesson import Context, Option, Question, ask, strong, word_in_quotes

TITLE = "What the classifier sees"
PAPERS = (("Devlin et al. 2018, BERT", "https://arxiv.org/abs/1810.04805"),)
MOST_TOKENS = 60  # drawn; of longer texts, the first
READ_NOTE = (
    "Each box is one token, in the order in which the model reads them. Click a box, or a piece of the text, to see which"
    " belongs to which; a dashed box belongs to no word."
)


def show(context: Context) -> Question:
    """Draw the step; returns its question."""
    lesson_figures.show_prose(says(context), "tokens")
    lesson_figures.show_figure("lesson_tokens", figure(context), "tokens")
    return question(context)


def pieces_of_words(context: Context) -> np.ndarray:
    """(W) in how many pieces each word of the figures is read."""
    word_of = context.report.tokens.word_of
    return np.bincount(word_of[word_of >= 0], minlength=len(context.words))[: len(context.words)]


def says(context: Context) -> list[str]:
    """The sentences above the figure."""
    report = context.report
    tokens, n_special = report.tokens, int(report.tokens.is_special.sum())
    characters, total = sum(end - start for start, end in report.query.text_spans), len(tokens.texts)
    pair = "Your two texts have" if report.query.text_pair is not None else "Your text has"
    first = (
        f"{pair} {strong(f'{characters:,}')} characters. The model sees none of them. It sees {strong(f'{total:,}')} tokens:"
        " entries of a "
    )
    first += f"fixed list of {strong(f'{context.facts.vocabulary:,}')} words and pieces of words, made when it was trained."
    counts = np.bincount(tokens.word_of[tokens.word_of >= 0], minlength=len(tokens.word_spans))
    cut, most = int((counts > 1).sum()), int(counts.argmax())
    second = f"All {strong(len(counts))} words and marks of it are in that list, so none is cut."
    if cut:
        word = report.word_texts[most]
        rest = (
            f"; {word_in_quotes(word)} comes in {strong(counts[most])} pieces"
            if cut > 1
            else f": {word_in_quotes(word)}, in {strong(counts[most])} pieces"
        )
        second = (
            f"Of its {strong(len(counts))} words and marks, {strong(cut)} {'is' if cut == 1 else 'are'} not in the list and cut"
            f" into pieces{rest}."
        )
    names = ", ".join(dict.fromkeys(visible(text) for text, is_special in zip(tokens.texts, tokens.is_special) if is_special))
    third = f"The model adds {strong(n_special)} token{'s' if n_special != 1 else ''} of its own: {strong(names)}. "
    third += "No word of yours stands behind them. Keep them in mind: in step 5 they take over."
    return [first, second, third if n_special else "This model adds no token of its own."]


def figure(context: Context) -> dict:
    """What the component draws."""
    tokens, total = context.report.tokens, len(context.report.tokens.texts)
    counts, shown = np.bincount(tokens.word_of[tokens.word_of >= 0], minlength=1), min(total, MOST_TOKENS)
    cut = [bool(word >= 0 and counts[word] > 1) for word in tokens.word_of[:shown]]
    note = READ_NOTE + (f" The first {shown} of {total:,} tokens are drawn." if shown < total else "")
    return {
        "about": context.about,
        "pick": next((i for i, is_cut in enumerate(cut) if is_cut), min(1, shown - 1)),
        "pieces": _pieces(context, shown),
        "label": f"The {total} tokens",
        "tokens": [
            {
                "text": visible(text),
                "word": int(tokens.word_of[i]),
                "special": bool(tokens.is_special[i]),
                "cut": cut[i],
                "spoken": f"token {i + 1}: {visible(text)}",
            }
            for i, text in enumerate(tokens.texts[:shown])
        ],
        "says": [_say(context, i) for i in range(shown)],
        "read": [f"{READ}:", note],
    }


def _say(context: Context, index: int) -> str:
    tokens = context.report.tokens
    text, word = tokens.texts[index], int(tokens.word_of[index])
    lead = f"Token {index + 1} is {strong(text)}"
    if word < 0:
        return f"{lead}. The model adds it by itself; it stands for no word of the text."
    members = np.flatnonzero(tokens.word_of == word).tolist()
    if len(members) == 1:
        return f"{lead}: {word_in_quotes(context.report.word_texts[word])} is in the list, and stays whole."
    mark = " The mark ## says that it goes on from the piece before." if text.startswith("##") else ""
    return (
        f"{lead}: piece {members.index(index) + 1} of {len(members)} of the word"
        f" {word_in_quotes(context.report.word_texts[word])}.{mark}"
    )


def _pieces(context: Context, shown: int) -> list[tuple[str, int]]:
    """The text cut into (piece, token), −1 between tokens; before each of two texts its name with −3."""
    query, tokens, found = context.report.query, context.report.tokens, []
    for part, (start, end) in enumerate(query.text_spans):
        if query.text_pair is not None:
            found.append(((wording.FIRST_TEXT, wording.SECOND_TEXT)[part], -3))
        cursor = start
        for index in range(shown):
            low, high = (int(place) for place in tokens.spans[index])
            if tokens.is_special[index] or not start <= low < end or max(low, cursor) >= high:
                continue  # byte-level pieces of one character share its span: it is drawn once
            low = max(low, cursor)
            if low > cursor:
                found.append((visible(query.joined[cursor:low]), -1))
            found.append((visible(query.joined[low:high]), index))
            cursor = high
        found += [(" …", -1)] if query.joined[cursor:end].strip() else []
    return found


def question(context: Context) -> Question:
    """Which word is cut most; where none is, how many tokens are no words."""
    counts, tokens = pieces_of_words(context), context.report.tokens
    most = int(counts.argmax())
    # The longest words that are read in fewer pieces: how long a word is says little of how it is read.
    fewer = [i for i in np.argsort([-len(word) for word in context.words], kind="stable") if counts[i] < counts[most]]
    whole = fewer[:2]
    if counts[most] > 1 and whole:
        told = [visible(text) for text, word in zip(tokens.texts, tokens.word_of) if word == most]
        wrong = [
            Option(
                context.named[i],
                f"{word_in_quotes(context.words[i])} is read in {strong(counts[i])} piece{'s' if counts[i] != 1 else ''}.",
            )
            for i in whole
        ]
        because = f"{word_in_quotes(context.words[most])} is read in {strong(counts[most])} pieces: {strong(' · '.join(told))}."
        return ask("Which of these words does the model read in the most pieces?", Option(context.named[most], because), *wrong)
    n, n_special = len(tokens.texts), int(tokens.is_special.sum())
    listed = ", ".join(visible(text) for text, is_special in zip(tokens.texts, tokens.is_special) if is_special) or "none"
    because = f"{strong(n_special)} of the {strong(n)} tokens: {strong(listed)}."
    wrong = [
        Option(str(other), f"Count the dashed boxes: there are {strong(n_special)}.")
        for other in (n_special + 1, n, 0 if n_special else 2)
    ]
    return ask(
        f"How many of the {strong(n)} tokens stand for no word of yours?",
        Option(str(n_special), because),
        *wrong,
        order=lambda o: int(o.text),
    )
