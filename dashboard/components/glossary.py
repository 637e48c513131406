"""The words used here and what they mean; some lead to the step that shows them."""

from dashboard import learn_choice, learn_wording, session
from dashboard.components.assets import register
from dashboard.glossary_terms import TERMS

_glossary = register("glossary")


def show(key: str = "glossary") -> None:
    """Draw the list with its box to find a word."""

    def go() -> None:
        learn_choice.go(session.event(key, "go"))
        learn_choice.show_part(learn_wording.STEPS)

    _glossary(data=glossary_data(), key=key, on_go_change=go)


def glossary_data() -> dict:
    """What the component draws."""
    return {
        "label": learn_wording.FIND_TERM,
        "found": learn_wording.FOUND_TERMS,
        "terms": [
            {
                "term": term.term,
                "meaning": term.meaning,
                "step": None if term.step is None else term.step - 1,
                "link": "" if term.step is None else learn_wording.shown_in(term.step),
            }
            for term in TERMS
        ],
    }
