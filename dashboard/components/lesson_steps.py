"""The list of the eight steps, with those whose question is answered."""

from collections.abc import Sequence

from dashboard import learn_choice, learn_wording, session
from dashboard.components.assets import register

_steps = register("lesson_steps")


def show(titles: Sequence[str], key: str = "lesson-steps") -> None:
    """Draw the list; a click turns to a step."""

    def go() -> None:
        learn_choice.go(session.event(key, "go"))

    solved = learn_choice.solved()
    data = {
        "label": learn_wording.STEPS_LABEL,
        "titles": list(titles),
        "step": learn_choice.step(),
        "solved": list(solved),
        "progress": learn_wording.progress(len(solved), len(titles)),
    }
    _steps(data=data, key=key, on_go_change=go)
