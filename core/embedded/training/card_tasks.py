"""What the model card says and measures of one task alone: its words, the kinds of text it counts, the texts it tries.

The words are templates: `{name}` and `{name[key]}` stand for the entries of `metrics.json`, so that no figure is typed in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

NEGATION = re.compile(r"\b(not|no|never|nothing|none|nobody|neither|nor|without|hardly|barely|cannot)\b|n['’]t\b", re.IGNORECASE)
CONTRAST = re.compile(r"\b(but|though|although|yet|however|despite|while|still)\b", re.IGNORECASE)
AGENCY = re.compile(r"\b(Reuters|AP|AFP)\b")

Probe = tuple[str, str, str | None]
"""Kind, text, and the label a person would give (None: none of them, or more than one)."""


@dataclass(frozen=True)
class TaskCard:
    """The part of a model card that depends on the task."""

    corpus: str
    """Name of the labelled texts, for people."""
    front_matter: str
    """Template of the lines below `base_model` that hub sites read."""
    title: str
    purpose: str
    """Template; begins the first paragraph."""
    kinship: str
    """What it shares with other models: the introduction's last paragraph. May be empty."""
    unit: str
    """What one text is: its plural has an s."""
    texts_note: str
    """Template; stands below the accuracies: how the texts were read and split. May be empty."""
    probes_note: str
    undecided: str
    """What a person says of a probe without a label."""
    terms: str
    """Rows of the table of sources."""
    caution: str
    """For what use the labelled texts are given, as a sentence without its full stop."""
    kinds: dict[str, Callable[[str], bool]]
    """Kinds of text whose accuracy is told apart. Their texts may overlap."""
    probes: tuple[Probe, ...]


SENTIMENT = TaskCard(
    corpus="SST-2",
    front_matter="""\
tags: [bert, sentiment-analysis, fill-mask, interpretability]
datasets: [stanfordnlp/sst2, Salesforce/wikitext]
metrics: [accuracy]
model-index:
- name: sentiment
  results:
  - task: {{type: text-classification}}
    dataset: {{type: stanfordnlp/sst2, name: SST-2, split: test}}
    metrics: [{{type: accuracy, value: {accuracy[test][accuracy]:.4f}}}]""",
    title="Film-review sentiment",
    purpose="""\
A BERT of {model[layers]} layers and width {model[width]} that says whether an English sentence about a film is negative or
positive""",
    kinship="",
    unit="sentence",
    texts_note="",
    probes_note="""\
Sentences written for this card. There are two classes only: a neutral text gets one of them, often with a high
probability. Other languages and emoji are outside what it was trained on; an emoji is an unknown piece.""",
    undecided="neither",
    terms="""\
| SST-2, GLUE release (Socher et al. 2013) | masked-LM training (train, no labels), fine-tuning (train), choice of the state \
(dev), test | free for research |""",
    caution="SST-2 is given for research use",
    kinds={
        "with a negation": lambda text: bool(NEGATION.search(text)),
        "with a word of contrast": lambda text: bool(CONTRAST.search(text)),
        "with neither": lambda text: not NEGATION.search(text) and not CONTRAST.search(text),
    },
    probes=(
        ("plain", "A wonderful film with a great cast.", "positive"),
        ("plain", "A dull and lifeless mess.", "negative"),
        ("irony", "Great, another two hours of my life that I will never get back.", "negative"),
        ("irony", "Just what the world needed: a fifth sequel.", "negative"),
        ("double negation", "You can't say that it isn't funny.", "positive"),
        ("double negation", "It is not that I did not enjoy it; I did.", "positive"),
        ("other language", "Ein wunderbarer Film, ich habe jede Minute genossen.", "positive"),
        ("other language", "Quel navet, une perte de temps totale.", "negative"),
        ("emoji", "😍😍😍", "positive"),
        ("emoji", "🤮", "negative"),
        ("neutral statement", "The film is 112 minutes long and was shot in Prague.", None),
        ("neutral statement", "It opens on Friday.", None),
        ("mixed", "The acting is superb, but the script is dreadful.", None),
        ("other subject", "The soup was cold and the waiter ignored us.", "negative"),
    ),
)

NEWS = TaskCard(
    corpus="AG News",
    front_matter="""\
tags: [bert, topic-classification, fill-mask, interpretability]
datasets: [fancyzhx/ag_news, stanfordnlp/sst2, Salesforce/wikitext]
metrics: [accuracy]
model-index:
- name: news
  results:
  - task: {{type: text-classification}}
    dataset: {{type: fancyzhx/ag_news, name: AG News, split: test}}
    metrics: [{{type: accuracy, value: {accuracy[test][accuracy]:.4f}}}]""",
    title="News topics",
    purpose="""\
A BERT of {model[layers]} layers and width {model[width]} that says what an English news item is about, world affairs, sports,
business, or science and technology""",
    kinship="""
Vocabulary, word embeddings and language-model head are those of the film-review model of this project, so that the two
can be compared layer by layer; each folder is whole without the other.
""",
    unit="text",
    texts_note="""\
Test is the official one, all {accuracy[test][texts]:,} rows of it. Training saw {texts[train]:,} rows, a part of AG News' own
training rows from which the test items had been removed; {accuracy[dev][texts]:,} more were drawn once and kept as dev.
Everywhere a text is title and description joined by a space, with the corpus's HTML entities (many have lost their `&`),
tags and backslashes undone in the same way for training, dev and test. Also among the training texts, letters and
digits alone compared: {texts[copies][dev]:,} of dev, {texts[copies][test]:,} of test.""",
    probes_note="""\
Texts written for this card. There are four classes only, so a text about anything else gets one of them too. The corpus
is English news from the years around 2004: other languages, emoji (unknown pieces) and what has come into the news
since are outside what the model was trained on.""",
    undecided="none, or more than one",
    terms="""\
| SST-2, GLUE release (Socher et al. 2013) | masked-LM training (train, no labels) | free for research |
| AG News, a part of its training rows, and its test (Zhang et al. 2015, from A. Gulli's corpus) | fine-tuning (train), \
choice of the state (dev), test | research, non-commercial |""",
    caution="AG's corpus is given for research and non-commercial use",
    kinds={
        "names a news agency": lambda text: bool(AGENCY.search(text)),
        "names none": lambda text: not AGENCY.search(text),
        "with a numeral": lambda text: any(character.isdigit() for character in text),
        "with a negation": lambda text: bool(NEGATION.search(text)),
    },
    probes=(
        ("plain", "Rebels and government troops signed a ceasefire in the capital.", "World"),
        ("plain", "The striker scored twice in the last ten minutes of the final.", "Sports"),
        ("plain", "The central bank raised interest rates and shares fell.", "Business"),
        ("plain", "Astronomers have found a planet that orbits two stars.", "Sci/Tech"),
        ("headline", "Goalkeeper saves penalty, hosts go through", "Sports"),
        ("headline", "Oil at record high", "Business"),
        ("sports and business", "The football club was sold to an investor for two billion dollars.", None),
        ("technology and business", "Shares of the search engine doubled on their first day of trading.", None),
        ("world and sports", "The president opened the games while police held back protesters.", None),
        ("negation", "This is not about football: the minister went to jail for taking bribes.", "World"),
        ("since the corpus", "The chatbot writes essays that teachers cannot tell from their pupils' own.", "Sci/Tech"),
        ("since the corpus", "Bitcoin lost a tenth of its value in a day.", "Business"),
        ("other language", "Die Regierung und die Rebellen einigten sich auf eine Waffenruhe.", "World"),
        ("other language", "El delantero marcó dos goles en la final.", "Sports"),
        ("question", "Who won the match last night?", "Sports"),
        ("very short", "Inflation", "Business"),
        ("very short", "Yes.", None),
        ("emoji", "⚽🏆", "Sports"),
        ("a recipe", "Soften the onions in butter, add the rice and stir for two minutes.", None),
        ("a film review", "A dull and lifeless mess, saved by a wonderful cast.", None),
    ),
)

CARDS = {"sentiment": SENTIMENT, "news": NEWS}
"""By the names of `tasks.TASKS`."""
