"""The question at the end of a step: checked when it is answered, with the reason and the run's own number."""

from dashboard import learn_choice, learn_wording, session
from dashboard.components.assets import register
from dashboard.lessons.lesson import Question

_quiz = register("quiz")


def show(question: Question, step: int) -> None:
    """Draw the question of a step (0 …), with what was answered of it."""
    key = f"quiz-{step}"

    def check() -> None:
        chosen = session.event(key, "answer")
        if isinstance(chosen, (int, float)) and 0 <= chosen < len(question.options):
            learn_choice.answer(step, question.prompt, int(chosen), int(chosen) == question.right)

    _quiz(data=quiz_data(question, learn_choice.answered(step, question.prompt)), key=key, on_answer_change=check)


def quiz_data(question: Question, chosen: int | None) -> dict:
    """What the component draws. The right option is not told before it is chosen."""
    if chosen is not None and chosen not in range(len(question.options)):
        chosen = None
    is_right = chosen == question.right
    return {
        "title": learn_wording.QUESTION,
        "prompt": question.prompt,
        "options": [option.text for option in question.options],
        "chosen": chosen,
        "isRight": is_right,
        "verdict": "" if chosen is None else learn_wording.RIGHT if is_right else learn_wording.WRONG_ANSWER,
        "because": "" if chosen is None else question.options[chosen].because,
    }
