"""Texts on which explanations of the embedded models mislead, all written for this project. Plain data; nothing is loaded
here, and no figure is kept: whoever shows one runs the model (`core.failing`)."""

from dataclasses import dataclass

CONFIDENT_ERROR = "confident error"
DISAGREE = "two methods disagree"
STOP_WORD = "a stop word carries it"
SURVIVES = "survives random weights"
KINDS = {
    CONFIDENT_ERROR: "The model is wrong and sure of it: the explanation shows what it used, not what is true.",
    DISAGREE: "Two methods that both do well in our tests name different words here.",
    STOP_WORD: "A word without meaning of its own, such as “the” or “it”, comes out on top.",
    SURVIVES: "The map stays as it is when the model's weights are made random: it shows the text, not the model.",
}
"""Kind of failure → what it is, for people."""


@dataclass(frozen=True)
class FailureText:
    """One text of the gallery."""

    kind: str
    """One of KINDS."""
    text: str
    label: str
    """The true label, as a person reads the text."""
    look_at: str
    """What to look at, in a sentence that holds no figure."""
    methods: tuple[str, ...] = ()
    """Keys of `cards.WALL`: the two that disagree, or the one that survives and one that does not."""


STOP_WORDS = frozenset(
    "a an the it its this that these those is was are were be been being am do does did done has have had having of to "
    "in on at for from by with as and or but so if then than there here he she they we you i me him her them us who what "
    "which how when where will would can could should may might must about into".split()
)
"""Words without a meaning of their own; “no” and “not” are none of them."""

FAILURES: dict[str, tuple[FailureText, ...]] = {
    "sentiment": (
        FailureText(
            CONFIDENT_ERROR,
            "The trailer is brilliant; I wish I had stopped there.",
            "negative",
            "The praise is for the trailer, and the second half takes back what it promised. The model goes by the one word; "
            "the map shows that rightly. A map of what the model used is no proof that the model is right.",
        ),
        FailureText(
            CONFIDENT_ERROR,
            "The critics who called it a mess must have watched another film.",
            "positive",
            "Somebody else's opinion is quoted in order to be denied. The quoted word comes out on top.",
        ),
        FailureText(
            DISAGREE,
            "A film this sweet should come with a dentist.",
            "negative",
            "Both methods are good ones, and they name different words. Hiding each word alone is the judge: it asks the "
            "model itself.",
            ("decoded", "integrated_mask"),
        ),
        FailureText(
            DISAGREE,
            "Enchanting, said my neighbour, who had come for the air conditioning.",
            "negative",
            "One of the two misses the word that decides. Nothing on a single map tells you that: look at a second method, or "
            "hide words.",
            ("decoded", "integrated_mask"),
        ),
        FailureText(
            STOP_WORD,
            "It is impossible to hate this film, and believe me, I tried.",
            "positive",
            "“impossible to hate” is one expression: hide any one of its three words, and the model changes its mind. The map "
            "gives nearly all of it to the one that means least by itself.",
        ),
        FailureText(
            SURVIVES,
            "Schwarzenbrunner's Zwischenspiel drowns in kitschy Ruritanian pageantry, and the end is no end at all.",
            "negative",
            "Rare words are cut into many pieces, and sizes without a sign add up over a word's pieces, whatever the weights "
            "are. The map looks like an explanation and is mostly a map of how long the words are.",
            ("gradient_norm", "decoded"),
        ),
    ),
    "news": (
        FailureText(
            CONFIDENT_ERROR,
            "Java shook for two minutes on Sunday night; thousands slept in the streets.",
            "World",
            "Java is an island here, and the model takes it for software. The rest of the sentence, an earthquake and people "
            "without a roof, does not outweigh one name.",
        ),
        FailureText(
            CONFIDENT_ERROR,
            "The oldest footprints ever found show that our ancestors ran like sprinters.",
            "Sci/Tech",
            "A comparison at the end of the sentence decides it. The saliency shows which word to change in order to test that.",
        ),
        FailureText(
            DISAGREE,
            "The heat is bad for the players, good for the brewers and unheard of for April, say those who measure it.",
            "Sci/Tech",
            "Two good methods do not agree on the word that made the model say sports. Hiding each word alone is the judge.",
            ("decoded", "integrated_mask"),
        ),
        FailureText(
            STOP_WORD,
            "The cyclist's blood was tested in a laboratory in Lausanne; he will not start on Saturday.",
            "Sports",
            "“he” names no topic, and yet the model goes by it: hide it alone, and sports is no longer what it says. The map "
            "is right, and what it shows is a shortcut that the model took from the news it learned from.",
        ),
        FailureText(
            SURVIVES,
            "Umzimkhulu's Mbekezeli Dlangamandla outsprinted Szczepaniak and Oyelaran in drizzly Jyvaskyla, and that was that.",
            "Sports",
            "Rare names are cut into many pieces, and sizes without a sign add up over a word's pieces, whatever the weights "
            "are. The map looks like an explanation and is mostly a map of how long the words are.",
            ("gradient_norm", "decoded"),
        ),
    ),
}
"""Model → its texts, kind by kind."""
