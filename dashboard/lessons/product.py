"""Step 4: gradient × hidden state, number by number."""

import numpy as np

from core.lesson_records import WorkedProduct
from dashboard import lesson_engine
from dashboard.components import lesson_figures
from dashboard.learn_wording import READ
from dashboard.lessons.lesson import Context, Option, Question, ask, shades, signed, strong, word_in_quotes

TITLE = "Gradient × hidden, worked out"
PAPERS = (("Shrikumar et al. 2016, gradient × input", "https://arxiv.org/abs/1605.01713"),)
READ_NOTE = (
    "Each line is one number of the word’s state, the largest products first. Orange bars add to the class, blue bars take"
    " away. The slider adds the products up; its last stop adds all that are left."
)
NOTHING = 1e-9


def ask_ahead(context: Context) -> WorkedProduct:
    """The products of the word and the layer chosen. Raises SaliencyError where the model can't be asked."""
    return lesson_engine.worked(context.report.query, context.spec, context.layer, context.word)


def show(context: Context) -> Question:
    """Draw the step; returns its question. Raises SaliencyError where the model can't be asked."""
    worked = ask_ahead(context)
    lesson_figures.show_prose(says(context, worked), "product")
    lesson_figures.show_pickers(context, with_layer=True)
    lesson_figures.show_figure("lesson_product", figure(context, worked), "product")
    return question(context, worked)


def _place(worked: WorkedProduct, i: int) -> str:
    name = f"number {int(worked.dimensions[i]) + 1}"
    return f"{name} of “{worked.pieces[int(worked.piece[i])]}”" if len(worked.pieces) > 1 else name


def fixed(value: float) -> str:
    """A number with its sign and three digits, so that a column stands straight."""
    return f"{value:+.3f}".replace("-", "−")


def _count(worked: WorkedProduct) -> int:
    return len(worked.product) + worked.others


def says(context: Context, worked: WorkedProduct) -> list[str]:
    """The sentences above the figure."""
    word, where = word_in_quotes(context.words[worked.word]), strong(context.layer_name(worked.layer))
    n = strong(f"{_count(worked):,}")
    pieces = f" in each of its {len(worked.pieces)} pieces" if len(worked.pieces) > 1 else ""
    lines = [
        (
            f"At {where} the state of {word} is a list of {strong(f'{worked.width:,}')} numbers{pieces}. To each belongs a"
            f" gradient: by how much the answer “{strong(context.label)}” grows as that number grows."
        ),
        f"Multiply each number by its gradient, and add up all {n} products. The sum is the word’s saliency at this layer.",
    ]
    if len(worked.product) and abs(worked.product[0]) > NOTHING:
        lines.append(
            f"The largest one: {strong(_place(worked, 0))} is {strong(signed(worked.hidden[0]))}, its gradient"
            f" {strong(fixed(worked.gradient[0]))}, their product {strong(fixed(worked.product[0]))} {context.unit}."
        )
    else:
        lines.append(
            "Here every gradient is 0: past this layer, the answer does not look at this place any more. Step 5 tells why."
        )
    return lines


def figure(context: Context, worked: WorkedProduct) -> dict:
    """What the component draws."""
    n, total = len(worked.product), _count(worked)
    sums = [0.0, *np.cumsum(worked.product).tolist(), worked.total]
    shares = shades(np.array([*worked.product, worked.rest]))
    rows = [
        {
            "place": _place(worked, i),
            "hidden": f"{worked.hidden[i]:+.2f}".replace("-", "−"),
            "gradient": fixed(worked.gradient[i]),
            "product": fixed(worked.product[i]),
            "share": shares[i],
            "isRest": False,
        }
        for i in range(n)
    ]
    rows.append(
        {"place": f"the other {worked.others:,} products", "product": fixed(worked.rest), "share": shares[-1], "isRest": True}
    )
    word, where = word_in_quotes(context.words[worked.word]), context.layer_name(worked.layer)
    told = [f"{strong(k)} of {total:,} products add up to {strong(fixed(sums[k]))} {context.unit}." for k in range(n + 1)]
    told.append(
        f"All {strong(f'{total:,}')} products add up to {strong(fixed(worked.total))} {context.unit}: the score of {word} at"
        f" {where}, before decoding. It is the same on Explore."
    )
    return {
        "about": f"{context.about}-{worked.layer}-{worked.word}",
        "start": 1 if n else 0,
        "slider": "Add up",
        "counts": [f"{k} of {total:,} products" for k in range(n + 1)] + [f"all {total:,} products"],
        "head": ["number", "state", "× gradient", "= product"],
        "rows": rows,
        "sums": [fixed(value) for value in sums],
        "shares": shades(np.array(sums)),
        "total": "sum so far",
        "says": told,
        "read": [f"{READ}:", f"{READ_NOTE} All products are in {context.unit}."],
    }


def question(context: Context, worked: WorkedProduct) -> Question:
    """The word's score; where the gradient is 0, why the score is."""
    word, where = word_in_quotes(context.words[worked.word]), strong(context.layer_name(worked.layer))
    if np.abs(worked.product).max(initial=0.0) <= NOTHING:
        largest = strong(signed(float(worked.hidden[np.abs(worked.hidden).argmax()]))) if len(worked.hidden) else strong("0")
        right = Option(
            "All its gradients are 0.", "Every gradient in the table is 0, so every product is 0, whatever the state holds."
        )
        wrong = Option("All numbers of its state are 0.", f"The state is not empty: the table shows {largest}.")
        other = Option("Products for and against cancel out.", "There is nothing to cancel: every single product is 0.")
        return ask(f"The score of {word} at {where} is 0. Why?", right, wrong, other)
    first, shown, n = float(worked.product[0]), float(np.sum(worked.product)), len(worked.product)
    right = Option(
        fixed(worked.total),
        f"All products together: {strong(fixed(shown))} of the {n} largest and {strong(fixed(worked.rest))} of all others.",
    )
    wrong = [
        Option(fixed(shown), f"These are the {n} largest alone; the others add {strong(fixed(worked.rest))}."),
        Option(fixed(first), "That is the largest product alone."),
        Option(fixed(-worked.total), f"The size is right, the sign is not: the sum is {strong(fixed(worked.total))}."),
    ]
    values = {fixed(value): value for value in (worked.total, shown, first, -worked.total)}
    prompt = f"What is the whole score of {word} at {where}, all {strong(f'{_count(worked):,}')} products counted?"
    return ask(prompt, right, *wrong, order=lambda option: values[option.text])
