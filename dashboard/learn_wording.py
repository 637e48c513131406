"""Every label and sentence of the Learn page that is not part of one lesson."""

from core.prediction import Prediction

LEARN_PAGE = "Learn"
TITLE = "How it works, on your own text"
TAGLINE = "Eight short steps from the words to the explanation. Every number below comes from this model and this text."
STEPS, WRONG, WORDS, FORMULAS = "Eight steps", "Where explanations go wrong", "Words used here", "Formulas"
PARTS = (STEPS, WRONG, WORDS, FORMULAS)

BACK, NEXT = "Back", "Next"
DONE = "You have been through all eight steps."
GO_COMPARE, GO_WRONG = "Compare methods", "See where explanations go wrong"
STEPS_LABEL = "The eight steps"
READ = "How to read this"
QUESTION = "Check yourself"
RIGHT, WRONG_ANSWER = "Right.", "Not quite."
WORD, LAYER = "Word", "Layer"
NO_WORDS = (
    "There is no word in this text that the model reads, so there is nothing to teach on it. Type a sentence, or choose an"
    " example."
)

GALLERY_LEAD = (
    "An explanation can be wrong, or be right and mislead. These texts were written for this project; every figure comes from"
    " running the model now."
)
GALLERY_KIND = "What goes wrong"
NO_GALLERY = (
    "There is no gallery for this model: its texts were written for the two models that come with the project. Choose one of"
    " those at the left."
)
NO_LONGER = "On this machine the text no longer shows what it was chosen for: the figures come out a little different here."
TRY_IT = "Explore this text"
TRY_HELP = "Puts the text into the box of all pages, and opens it on Explore. What stands there now is replaced."

TERMS_LEAD = "Every word of this application that is not plain English, in plain English."
FORMULAS_LEAD = (
    "Every method that this application can run, from the same list that the code runs from. "
    "y is the output explained, h the state of a position at a layer, g = ∂y/∂h its gradient; l counts the layers, i and j the"
    " positions, and W_ij is the share to which the language-model head reads position i as word j (step 6)."
)
FIND_TERM, FIND_METHOD = "Find a word", "Find a method"
FOUND_TERMS, FOUND_METHODS = "{} found", "{} methods"
ON_BOTH, ON_COMPARE = "Explore and Compare", "Compare"
READ_ON = "Read on:"


def shown_in(step: int) -> str:
    """The way from a word to the step that shows it, counted from 1."""
    return f"Step {step}"


def says(prediction: Prediction) -> str:
    """What the model says of the text, before the class."""
    return "The model says" if prediction.is_probability else "The model’s value for"


def progress(solved: int, n_steps: int) -> str:
    """How far the person has come."""
    return f"{solved} of {n_steps} answered right"
