"""Titles of the figures of a run's results, and how each is read. Nothing here is computed but words around figures."""

from core.corpus.summary import MIN_TEXTS, Summary
from core.corpus.sums import ends
from dashboard.corpus_results_wording import share_of_100

WORD_COLUMN, TEXTS = "Word", "Texts"
CHANGING_TITLE = "Words that change with depth"
NO_CHANGE = "No word’s share changes between early and late layers beyond what chance would do."
EARLY, LATE, CHANGE = "Early", "Late", "Change"
MISLEADING_TITLE = "Words that lead it wrong"
MISLEADING_NOTE = (
    "Only rows where this class is the wrong answer: words that spoke for it all the same, with the 95 % interval. The diamond is the same word’s "
    "share where the class was right."
)
NO_MISLEADING = f"Among the errors no word stands in {MIN_TEXTS} texts and speaks for this class."
NO_ERRORS = "There are no errors."
NO_LABELS = "The file has no labels that name classes, so errors can’t be told."
IN_ERRORS, WHERE_RIGHT = "where it is wrong", "where it is right"

LAYERS_TITLE = "The layers over the whole file"
SHARE_PANEL, COHERENCE_PANEL, FAITHFULNESS_PANEL = "Saliency on words", "Words recovered", "Faithfulness φ"
CONFUSION_TITLE = "Where prediction and label part"
CONFUSION_NOTE = (
    "A row for each label of the file, a column for each answer: rows of the file, and their share of the label. Deeper grey is a larger share; a "
    "strong frame marks the right answer."
)
CONFUSION_CUT = " Of {} labels and classes, those with most rows."


def changing_note(n_layers: int) -> str:
    """How to read the words that change."""
    early, late = ends(n_layers)
    return (
        f"From a word’s mean share in the early layers ({_layers(early)}, the diamond) to that in the late ones ({_layers(late)}, the point). Only words "
        "whose change is beyond chance (95 %), the surest first."
    )


def _layers(layers: range) -> str:
    names = ["embedding" if layer == 0 else str(layer) for layer in layers]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def layers_note(n_coherence: int | None, n_faithful: int | None, has_head: bool) -> str:
    """How to read the three curves; how many rows the samples held."""
    note = "Each line is a mean over rows, its band the 95 % interval; the star marks the recommended layer, “emb” is the embedding, before the first layer. Saliency on words: over all rows, the share that isn’t on tokens the model adds."
    if n_coherence:
        note += f" Words recovered: the share that the language-model head still finds, on a sample of {n_coherence:,} rows."
    elif not has_head:
        note += " Without a language-model head no words can be recovered."
    if n_faithful:
        note += (
            f" Faithfulness: how well each layer’s order of words holds up: the answer with only its top words shown, less that with them hidden, higher is better. A sample of "
            f"{n_faithful:,} rows, none longer than the model reads at once; the dashed line is random order."
        )
    return note


def accuracy(summary: Summary) -> str:
    """Accuracy in words."""
    found = summary.accuracy
    unlabelled = f" {summary.n_unlabelled:,} rows have no label that names a class." if summary.n_unlabelled else ""
    right = round(found["mean"] * found["n"])
    return f"{right:,} of {found['n']:,} rows are answered as labelled: {share_of_100(found['mean'])}, 95 % interval {share_of_100(found['low'])} to {share_of_100(found['high'])}.{unlabelled}"
