"""The words of the model card around the numbers of `metrics.json`; no number in it is typed in by hand."""

from typing import Any

from core.embedded.training import classifier, data, masked_lm
from core.embedded.training.card_tasks import CARDS, TaskCard
from core.embedded.training.measures import CONFIDENT, TOP
from core.embedded.training.tasks import Task

FRONT_MATTER = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-classification
base_model: sentence-transformers/all-MiniLM-L6-v2
{front_matter}
---
"""

INTRODUCTION = """
# {title}, with the language-model head that its encoder was trained under

{purpose}, made to show what each layer holds. The folder is two models in one: `AutoModelForSequenceClassification`
loads the classifier, `AutoModelForMaskedLM` the language-model head over the *same* encoder. The decoder of the head
is the classifier's own word embeddings, which were frozen while it was fine-tuned; they are stored once.

{model[parameters]:,} parameters as a classifier; {megabytes:.1f} MB, float16 on disk, loaded as float32. The other class's
tensors are reported as unexpected on loading, and as the language model it has no pooler; both are meant so.
{kinship}"""

FILL_MASK_NOTE = """
"Before" is the language model as it was before fine-tuning, which is not in this folder. "After" is what this folder
gives as `AutoModelForMaskedLM`: the same head, unchanged, over the encoder of the classifier. That is not a better
or worse language model but a reading of the classifier's states in words; the head never saw them in training, so
the difference between the columns is what fine-tuning did to the encoder.
"""

TERMS = """
## Data and terms

| what | for | terms |
|---|---|---|
| all-MiniLM-L6-v2 (sentence-transformers) | the encoder and pooler to start from | Apache-2.0 |
| English Wikipedia, a 12 MB excerpt | masked-LM training | CC BY-SA |
| English Wikinews, a fifth of the paragraphs | masked-LM training | CC BY 2.5 |
{terms}
| WikiText-103 validation (Merity et al. 2017) | held-out loss; training paragraphs \
that share {ngram} words in a row with it were left out | CC BY-SA |

The weights are under Apache-2.0, the licence of the base model. {caution}: whoever needs the
model for something else should look at those terms first. No text of these sources is part of this folder.
"""


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"\n## {title}", *(part.strip("\n") for part in parts)]) + "\n"


def _write_accuracy(m: dict[str, Any], card: TaskCard) -> str:
    rows = [[f"{card.corpus} {split}", a["texts"], a["right"], f"{a['accuracy']:.4f}"] for split, a in m["accuracy"].items()]
    looks = len(m["training"]["classifier"]["dev_accuracy"])
    note = f"""The kept state is the best of {looks} on dev, so the dev figure flatters the model; test, labels included,
was used for nothing but this table."""
    notes = [note, card.texts_note.format(**m)] if card.texts_note else [note]
    return _section("Accuracy", _table(["split", "texts", "right", "accuracy"], rows), *notes)


def _write_head(m: dict[str, Any], card: TaskCard) -> str:
    loss, recovery = m["masked_lm_loss"], m["recovery"]
    lines = f"""\
Masked-LM loss on WikiText-103 validation ({m['held_out_tokens']:,} tokens, 15 % masked): {loss['before']:.3f} nats
before fine-tuning, {loss['after']:.3f} when the head reads the classifier's encoder.

Share of the {recovery['after']['tokens']:,} content tokens (neither special nor padding) of {card.corpus} dev \
that the head names first at
their own place, by layer state (0 is the embedding output):"""
    layers = range(len(recovery["after"]["top_1"]))
    rows = [[name, *(f"{recovery[name]['top_1'][layer]:.3f}" for layer in layers)] for name in ("before", "after")]
    guessed = [
        [row["text"], *(", ".join(f"{piece} {p:.2f}" for piece, p in row[name]) for name in ("before", "after"))]
        for row in m["fill_mask"]
    ]
    fill = f"The {TOP} likeliest pieces for the mask, with their probabilities:"
    recovered = _table(["encoder", *map(str, layers)], rows)
    filled = _table(["text", "before", "after"], guessed)
    return _section("The language-model head", lines, recovered, fill, filled, FILL_MASK_NOTE)


def _write_confusion(m: dict[str, Any], labels: tuple[str, ...]) -> list[str]:
    """What is taken for what; with two classes the accuracies by label say it already."""
    if len(labels) == 2:
        return []
    rows = [[f"labelled {label}", *counts] for label, counts in zip(labels, m["errors"]["confusion"], strict=True)]
    return ["Texts by label and by what the model calls them:", _table(["", *labels], rows)]


def _write_failures(m: dict[str, Any], task: Task, card: TaskCard) -> str:
    errors, sure = m["errors"], m["errors"]["confident_errors_by_kind"]
    rows = [[kind, a["texts"], f"{a['accuracy']:.3f}", sure[kind]] for kind, a in errors["by_kind"].items()]
    dev = f"""On {card.corpus} dev. A confident error is a wrong class with a probability of {CONFIDENT} or more; there are
{errors['confident_errors']} among {m['accuracy']['dev']['texts'] - m['accuracy']['dev']['right']} errors."""
    table = _table([f"kind of {card.unit}", f"{card.unit}s", "accuracy", "confident errors"], rows)
    probes = [
        [p["kind"], p["text"], p["expected"] or card.undecided, p["predicted"], f"{p['probability']:.3f}", p["unknown"],
         "" if p["expected"] in (p["predicted"], None) else "wrong"]
        for p in m["probes"]
    ]
    head = ["kind", "text", "a person says", "predicted", "probability", "unknown pieces", ""]
    return _section("Where it fails", dev, table, *_write_confusion(m, task.labels), card.probes_note, _table(head, probes))


def _write_vocabulary(m: dict[str, Any]) -> str:
    size, full = m["model"]["vocabulary"], m["model"]["base_vocabulary"]
    lines = f"""\
{size:,} of the base model's {full:,} word pieces ({size / full:.1%}): all special tokens, all single characters, and the
pieces most frequent in the training texts. A word whose piece is gone is spelled with shorter ones."""
    rows = []
    for name, v in m["vocabulary"].items():
        a_word, unknown = v["pieces_a_word"], v["unknown_share"]
        more = v["pieces"]["pruned"] / v["pieces"]["full"] - 1
        rows.append([name, f"{a_word['full']:.3f}", f"{a_word['pruned']:.3f}", f"{more:+.2%}", f"{v['running_pieces_kept']:.2%}",
                     f"{unknown['full']:.3%}", f"{unknown['pruned']:.3%}"])
    head = ["text", "pieces a word, full", "pruned", "more pieces", "running pieces kept", "unknown, full", "pruned"]
    return _section("Vocabulary", lines, _table(head, rows))


def _write_recipe(m: dict[str, Any], task: Task) -> str:
    t, lm, c = m["training"], m["training"]["language_model"], m["training"]["classifier"]
    options = f"--task {task.name} --data DATA --base BASE --work WORK --out OUT --steps {lm['steps']} --epochs {c['epochs']}"
    command = f"```\npython -m core.embedded.recipe {options}\n```"
    lines = f"""Seed {t['seed']}, float32, CPU threads: {c['threads']}.

1. Language model: {lm['steps']:,} steps of {masked_lm.ROWS} × {masked_lm.WINDOW} tokens ({lm['tokens'] / 1e6:.1f} million), \
{masked_lm.MASKED:.0%} masked, AdamW with
   {masked_lm.LEARNING_RATE:g} (head {masked_lm.HEAD_LEARNING_RATE:g}), {lm['hours']:.2f} hours by the clock. \
Then the encoder was moved
   back to {masked_lm.KEPT:.0%} of the way from the base model's weights to the trained ones, \
because learning to guess words makes
   opposites alike, and the head alone was fitted to it again in {masked_lm.REFIT_STEPS} steps.
2. Classifier: {c['epochs']} epochs, {c['steps']:,} steps of at most {classifier.BATCH_TOKENS:,} tokens, \
AdamW with {classifier.LEARNING_RATE:g}, dropout {classifier.DROPOUT:g},
   texts cut at {task.max_tokens} tokens, word embeddings frozen, {c['hours']:.2f} hours; \
the state after step {c['best_step']:,} was kept."""
    looks = "Dev accuracy after step: " + ", ".join(f"{step:,}: {accuracy:.4f}" for step, accuracy in c["dev_accuracy"]) + "."
    versions = "Versions: " + ", ".join(f"{name} {number}" for name, number in m["versions"].items()) + "."
    return _section("Recipe", command, lines, looks, versions)


def write_card(metrics: dict[str, Any], task: Task) -> str:
    """The whole README.md, front matter included. `metrics` is what `metrics.json` holds."""
    card = CARDS[task.name]
    parts = [
        FRONT_MATTER.format(front_matter=card.front_matter.format(**metrics)),
        INTRODUCTION.format(
            title=card.title, purpose=card.purpose.format(**metrics), kinship=card.kinship,
            megabytes=metrics["model"]["bytes"] / 1e6, model=metrics["model"],
        ),
        _write_accuracy(metrics, card),
        _write_head(metrics, card),
        _write_failures(metrics, task, card),
        _write_vocabulary(metrics),
        TERMS.format(terms=card.terms, caution=card.caution, ngram=data.NGRAM),
        _write_recipe(metrics, task),
    ]
    return "".join(parts)
