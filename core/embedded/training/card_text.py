"""The words of the model card around the numbers of `metrics.json`; no number in it is typed in by hand."""

from core.embedded.training import classifier, data, masked_lm
from core.embedded.training.measures import CONFIDENT, TOP

FRONT_MATTER = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-classification
base_model: sentence-transformers/all-MiniLM-L6-v2
tags: [bert, sentiment-analysis, fill-mask, interpretability]
datasets: [stanfordnlp/sst2, Salesforce/wikitext]
metrics: [accuracy]
model-index:
- name: sentiment
  results:
  - task: {{type: text-classification}}
    dataset: {{type: stanfordnlp/sst2, name: SST-2, split: test}}
    metrics: [{{type: accuracy, value: {accuracy:.4f}}}]
---
"""

INTRODUCTION = """
# Film-review sentiment, with the language-model head that its encoder was trained under

A BERT of {layers} layers and width {width} that says whether an English sentence about a film is negative or
positive, made to show what each layer holds. The folder is two models in one: `AutoModelForSequenceClassification`
loads the classifier, `AutoModelForMaskedLM` the language-model head over the *same* encoder. The decoder of the head
is the classifier's own word embeddings, which were frozen while it was fine-tuned; they are stored once.

{parameters:,} parameters as a classifier; {megabytes:.1f} MB, float16 on disk, loaded as float32. The other class's
tensors are reported as unexpected on loading, and as the language model it has no pooler; both are meant so.
"""

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
| SST-2, GLUE release (Socher et al. 2013) | masked-LM training (train, no labels), fine-tuning (train), choice of the state (dev), test | free for research |
| WikiText-103 validation (Merity et al. 2017) | held-out loss; training paragraphs that share {ngram} words in a row with it were left out | CC BY-SA |

The weights are under Apache-2.0, the licence of the base model. SST-2 is given for research use: whoever needs the
model for something else should look at those terms first. No text of these sources is part of this folder.
"""


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"\n## {title}", *(part.strip("\n") for part in parts)]) + "\n"


def _write_accuracy(m: dict) -> str:
    rows = [[f"SST-2 {split}", a["texts"], a["right"], f"{a['accuracy']:.4f}"] for split, a in m["accuracy"].items()]
    looks = len(m["training"]["classifier"]["dev_accuracy"])
    note = f"""The kept state is the best of {looks} on dev, so the dev figure flatters the model; test, labels included,
was used for nothing but this table."""
    return _section("Accuracy", _table(["split", "texts", "right", "accuracy"], rows), note)


def _write_head(m: dict) -> str:
    loss, recovery = m["masked_lm_loss"], m["recovery"]
    lines = f"""Masked-LM loss on WikiText-103 validation ({m['held_out_tokens']:,} tokens, 15 % masked): {loss['before']:.3f} nats
before fine-tuning, {loss['after']:.3f} when the head reads the classifier's encoder.

Share of the {recovery['after']['tokens']:,} content tokens (neither special nor padding) of SST-2 dev that the head names first at
their own place, by layer state (0 is the embedding output):"""
    layers = range(len(recovery["after"]["top_1"]))
    rows = [[name, *(f"{recovery[name]['top_1'][layer]:.3f}" for layer in layers)] for name in ("before", "after")]
    filled = [
        [row["text"], *(", ".join(f"{piece} {p:.2f}" for piece, p in row[name]) for name in ("before", "after"))]
        for row in m["fill_mask"]
    ]
    fill = f"The {TOP} likeliest pieces for the mask, with their probabilities:"
    recovered = _table(["encoder", *map(str, layers)], rows)
    return _section("The language-model head", lines, recovered, fill, _table(["text", "before", "after"], filled), FILL_MASK_NOTE)


def _write_failures(m: dict) -> str:
    errors, sure = m["errors"], m["errors"]["confident_errors_by_kind"]
    rows = [[kind, a["texts"], f"{a['accuracy']:.3f}", sure[kind]] for kind, a in errors["by_kind"].items()]
    dev = f"""On SST-2 dev. A confident error is a wrong class with a probability of {CONFIDENT} or more; there are
{errors['confident_errors']} among {m['accuracy']['dev']['texts'] - m['accuracy']['dev']['right']} errors."""
    table = _table(["kind of sentence", "sentences", "accuracy", "confident errors"], rows)
    probes = [
        [p["kind"], p["text"], p["expected"] or "neither", p["predicted"], f"{p['probability']:.3f}", p["unknown"],
         "" if p["expected"] in (p["predicted"], None) else "wrong"]
        for p in m["probes"]
    ]
    note = """Sentences written for this card. There are two classes only: a neutral text gets one of them, often with a high
probability. Other languages and emoji are outside what it was trained on; an emoji is an unknown piece."""
    head = ["kind", "text", "a person says", "predicted", "probability", "unknown pieces", ""]
    return _section("Where it fails", dev, table, note, _table(head, probes))


def _write_vocabulary(m: dict) -> str:
    size, full = m["model"]["vocabulary"], m["model"]["base_vocabulary"]
    lines = f"""{size:,} of the base model's {full:,} word pieces ({size / full:.1%}): all special tokens, all single characters, and the
pieces most frequent in the training texts. A word whose piece is gone is spelled with shorter ones."""
    rows = []
    for name, v in m["vocabulary"].items():
        a_word, unknown = v["pieces_a_word"], v["unknown_share"]
        more = v["pieces"]["pruned"] / v["pieces"]["full"] - 1
        rows.append([name, f"{a_word['full']:.3f}", f"{a_word['pruned']:.3f}", f"{more:+.2%}", f"{v['running_pieces_kept']:.2%}",
                     f"{unknown['full']:.3%}", f"{unknown['pruned']:.3%}"])
    head = ["text", "pieces a word, full", "pruned", "more pieces", "running pieces kept", "unknown, full", "pruned"]
    return _section("Vocabulary", lines, _table(head, rows))


def _write_recipe(m: dict) -> str:
    t, lm, c = m["training"], m["training"]["language_model"], m["training"]["classifier"]
    command = f"""```
python -m core.embedded.recipe --data DATA --base BASE --work WORK --out OUT --steps {lm['steps']} --epochs {c['epochs']}
```"""
    lines = f"""Seed {t['seed']}, float32, CPU threads: {c['threads']}.

1. Language model: {lm['steps']:,} steps of {masked_lm.ROWS} × {masked_lm.WINDOW} tokens ({lm['tokens'] / 1e6:.1f} million), {masked_lm.MASKED:.0%} masked, AdamW with
   {masked_lm.LEARNING_RATE:g} (head {masked_lm.HEAD_LEARNING_RATE:g}), {lm['hours']:.2f} hours by the clock. Then the encoder was moved
   back to {masked_lm.KEPT:.0%} of the way from the base model's weights to the trained ones, because learning to guess words makes
   opposites alike, and the head alone was fitted to it again in {masked_lm.REFIT_STEPS} steps.
2. Classifier: {c['epochs']} epochs, {c['steps']:,} steps of at most {classifier.BATCH_TOKENS:,} tokens, AdamW with {classifier.LEARNING_RATE:g}, dropout {classifier.DROPOUT:g},
   texts cut at {classifier.MAX_TOKENS} tokens, word embeddings frozen, {c['hours']:.2f} hours; the state after step {c['best_step']:,} was kept."""
    looks = "Dev accuracy after step: " + ", ".join(f"{step:,}: {accuracy:.4f}" for step, accuracy in c["dev_accuracy"]) + "."
    versions = "Versions: " + ", ".join(f"{name} {number}" for name, number in m["versions"].items()) + "."
    return _section("Recipe", command, lines, looks, versions)


def write_card(metrics: dict) -> str:
    """The whole README.md, front matter included."""
    model = metrics["model"]
    parts = [
        FRONT_MATTER.format(accuracy=metrics["accuracy"]["test"]["accuracy"]),
        INTRODUCTION.format(megabytes=model["bytes"] / 1e6, **model),
        _write_accuracy(metrics),
        _write_head(metrics),
        _write_failures(metrics),
        _write_vocabulary(metrics),
        TERMS.format(ngram=data.NGRAM),
        _write_recipe(metrics),
    ]
    return "".join(parts)
