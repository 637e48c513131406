"""The words of this application that are not plain English, and what they mean. Plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One word."""

    term: str
    meaning: str
    step: int | None = None
    """The step that shows it, 1 … 8; None: none does."""


TERMS = (
    Term(
        "attention",
        "The part of a layer by which each place takes in what stands at other places. Some methods read it as an explanation;"
        " it tells where the model looked, not what that did to the answer.",
    ),
    Term(
        "baseline",
        "The empty text that some methods start from, such as one of [MASK] alone. Their scores tell what the words add to it.",
    ),
    Term("class", "One of the answers that a classifier can give, such as “positive”. Also called a label."),
    Term("classifier", "A model that reads a text and gives one of a few answers, with a probability for each."),
    Term(
        "[CLS]",
        "A token that models of the BERT family put before the text. Many of them read their answer off its last state, so that"
        " late saliency gathers there.",
        5,
    ),
    Term(
        "coherence",
        "How far a layer can still be read as your text: the share of its words that the language-model head finds at their own"
        " places. It says how far a layer’s words can be trusted, not which layer matters.",
        7,
    ),
    Term(
        "content share",
        "The share of a layer’s saliency, signs left aside, that lies on words and not on tokens that the model adds. Where it"
        " is near 0, the layer’s own places say nothing about the words.",
        5,
    ),
    Term("contrast", "Explaining one class rather than another: the difference of the two logits is what is explained."),
    Term("cosine", "How alike two lists of numbers are in their direction: 1 the same way, 0 nothing in common, −1 opposite.", 2),
    Term(
        "decoding",
        "Handing the saliency of each place to the words of the text as which the language-model head reads that place. Nothing"
        " is lost: the sum stays the same.",
        6,
    ),
    Term(
        "embedding (emb)",
        "The state before the first layer: each token’s own list of numbers, with its place in the text mixed in. Figures call"
        " it “emb”, or layer 0.",
        2,
    ),
    Term(
        "faithfulness (φ)",
        "How well a map passes the test of hiding and showing words: what the model says with only the top words shown, less"
        " what it says with them hidden, averaged over several shares of the words. Higher is better.",
        8,
    ),
    Term(
        "gradient",
        "A slope: by how much the answer grows when one number inside the model grows a little. One pass backwards gives it for"
        " every number at once.",
        3,
    ),
    Term("hidden state", "The list of numbers that a layer holds for one token; also called its state.", 2),
    Term(
        "language-model head",
        "The part that guessed hidden words when the model was first trained. Given the state of any layer, it names words;"
        " that makes layers readable.",
        6,
    ),
    Term("layer", "One of the steps in which a model rewrites the states of all tokens, one after the other.", 2),
    Term("leave-one-out", "A method: hide one word, see by how much the answer changes, and do so for each word in turn."),
    Term(
        "logit",
        "The plain number that the model computes for a class before all classes are turned into percentages. Scores are in"
        " logits, since those add up.",
        3,
    ),
    Term(
        "[MASK]",
        "A token that stands for a hidden word. Models learned from texts with such holes, so it is a natural way to take a"
        " word out.",
        8,
    ),
    Term("method", "One way to give each word a score. The Formulas tab has a card for every one."),
    Term("multi-label", "A classifier whose answers do not exclude one another: each has a probability of its own."),
    Term(
        "piece (subword)",
        "A part of a word that is not in the model’s list as a whole. A word’s score is the sum of those of its pieces.",
        1,
    ),
    Term("points", "Percentage points: from 97 % to 31 % is a fall of 66 points."),
    Term(
        "probability",
        "What the model says of a class, 0 to 100 %. It is the model’s own figure; a confident model can be wrong.",
    ),
    Term("random order (floor)", "Words in an order drawn by chance. A method that does no better tells nothing.", 8),
    Term(
        "random weights (sanity check)",
        "The test in which the model forgets all that it learned. A map that stays the same showed the text, not the model.",
        8,
    ),
    Term(
        "recommended layer (★)",
        "The layer shown first. Where the model was calibrated, the one whose order of words passed the hiding test best on"
        " sample texts; else the deepest one whose saliency still lies on words to a tenth.",
        7,
    ),
    Term("regression", "A model that answers with a value, not with a class. It has no probabilities."),
    Term("rows", "Copies of the text that a method has the model read. It is what methods cost."),
    Term(
        "saliency",
        "A score for each word: how much it adds to the answer (orange) or takes from it (blue), as one method reckons it.",
        4,
    ),
    Term(
        "[SEP], [PAD], [UNK]",
        "Further tokens of the model’s own: the end of a text, filling, and a piece that it doesn’t know.",
    ),
    Term(
        "special token", "A token that the model adds by itself, such as [CLS] or <s>. No word of the text stands behind it.", 1
    ),
    Term(
        "stratified rows",
        "The form of the method behind “More faithful”: eight copies of the text with words hidden to different degrees, and"
        " the two ends.",
    ),
    Term("token", "What the model reads in place of letters: an entry of a fixed list of words and pieces of words.", 1),
    Term("window", "The part of a long text that the model can read at once. Longer texts are read in several that overlap."),
)
