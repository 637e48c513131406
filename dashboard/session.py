"""What a session remembers: the texts, and the choices on the page."""

from collections.abc import Callable

import streamlit as st

from core.comparison import REMOVALS
from core.methods import ON_DEMAND
from core.model_spec import ModelSpec
from core.records import PAIR_BREAK, Settings
from dashboard import examples
from dashboard.units import Units

DEFAULT_REMOVAL = next(iter(REMOVALS))
BOXES = "text", "text_pair"


def notices() -> list[str]:
    """What couldn't be used of the address."""
    return st.session_state.notices


# --- the texts ---


def texts() -> tuple[str, str | None]:
    """The text, and the second one where two are to be read and there is one."""
    first, second = map(text_in, BOXES)
    return first, second if st.session_state.two_texts and second.strip() else None


def text_in(box: str) -> str:
    """What stands in one of the boxes, also where it isn't drawn."""
    return st.session_state.get(box_key(box), st.session_state[box])


def box_key(box: str) -> str:
    """Key of the widget of a box: another one whenever its text was put there by something else than typing. Why: `layer_choice.key`.

    What is typed while such a text is on its way is lost with the box that it was typed into.
    """
    return f"{box}-{st.session_state.get('text_round', 0)}"


def has_two_texts() -> bool:
    """Whether there are boxes for two texts."""
    return st.session_state.two_texts


def lacks_second_text() -> bool:
    """Whether the model expects two texts and gets one."""
    return st.session_state.expects_pair and texts()[1] is None


def is_untouched_example() -> bool:
    """Whether what stands in the boxes is an example, letter for letter."""
    first, second = texts()
    return examples.is_example(first if second is None else first + PAIR_BREAK + second)


def fill_in_first_example(spec: ModelSpec) -> None:
    """Put the model's first example into the boxes; without one, they stay as they are."""
    for name, example in list(examples.gallery(spec).items())[:1]:
        _choose_example(name)
        _fill_in(example)


def fill_in_example(spec: ModelSpec, name: str) -> bool:
    """Put the model's example of this name into the boxes, the first one without a name; whether there is one of that name."""
    if not name:
        fill_in_first_example(spec)
    elif name in examples.gallery(spec):
        _choose_example(name)
        _fill_in(examples.gallery(spec)[name])
    return not name or name in examples.gallery(spec)


def gallery_key() -> str:
    """Key of the widget with the examples: another one whenever none is chosen any more. Why: `layer_choice.key`."""
    return f"example-{st.session_state.gallery_round}"


def example() -> str | None:
    """Name of the example that was put into the boxes last, where nothing else was since."""
    return st.session_state.example


def forget_example() -> None:
    """What stands in the boxes is no example any more, or another model's."""
    _choose_example(None)


def _choose_example(name: str | None) -> None:
    st.session_state.update(example=name, gallery_round=st.session_state.gallery_round + 1)


def take_example(spec: ModelSpec) -> None:
    """The model's gallery was clicked: its text replaces what stands in the boxes."""
    st.session_state.example = name = st.session_state.get(gallery_key())
    if name is not None:
        _fill_in(examples.gallery(spec)[name])
    forget_word()


def _fill_in(example: str) -> None:
    if st.session_state.expects_pair:
        _fill_boxes(*examples.split_pair(example))
        st.session_state.two_texts = True
    else:
        _fill_boxes(example, text_in("text_pair"))


def put_texts(first: str, second: str | None) -> None:
    """Put texts that come from elsewhere into the boxes."""
    _leave_example()
    _fill_boxes(first, second or "")
    st.session_state.two_texts = second is not None or st.session_state.expects_pair


def edit_text(box: str, key: str) -> None:
    """Something was typed into the box that was drawn with this key: it is no example any more."""
    if key == box_key(box):
        st.session_state[box] = st.session_state[key]
        _leave_example()


def _leave_example() -> None:
    forget_example()
    forget_word()


def _fill_boxes(first: str, second: str) -> None:
    st.session_state.update(text=first, text_pair=second, text_round=st.session_state.get("text_round", 0) + 1)


def forget_word() -> None:
    """Another text: the selected word and the notices about the address no longer belong to it."""
    st.session_state.update(token=None, asked_word=None, word_shown=None, notices=[])


# --- word and class ---


def selected_unit(units: Units, layer: int) -> int:
    """Index of the unit that holds the selected token; the strongest one where none is selected or it is hidden."""
    token = st.session_state.token
    unit = None if token is None else units.holding(token)
    return units.strongest(layer) if unit is None else unit


def choose_token(token: int) -> None:
    """Select a token, and with it the word it is part of."""
    st.session_state.token = token


def choose_class(label: str) -> None:
    """Explain this class from now on."""
    st.session_state.target = label


# --- widgets ---


def chosen(key: str, default: object) -> object:
    """What the person chose in a widget that this page doesn't draw."""
    return st.session_state.get(key, default)


def count(key: str) -> None:
    """One more of these."""
    st.session_state[key] += 1


def set_defaults(**values: object) -> None:
    """Start values of widgets, kept where the person has chosen already."""
    for key, value in values.items():
        st.session_state.setdefault(key, value)


def check_choice(key: str, options: tuple, complaint: Callable[[object], str]) -> None:
    """Fall back to the first option from a remembered one that isn't on offer (an old link, another model), and say so."""
    value = st.session_state.get(key)
    if value not in options:
        st.session_state.notices.append(complaint(value))
        st.session_state[key] = options[0]


def event(key: str, name: str) -> object:
    """What a component sent: the value of its trigger `name`."""
    return getattr(st.session_state.get(key), name, None)


def tell(place: str, sentence: object) -> None:
    """Have a place of the page say this from its next drawing on, or what gives the sentence; empty for nothing."""
    st.session_state[f"told-{place}"] = sentence


def told(place: str) -> object:
    """What it is to say."""
    return st.session_state.get(f"told-{place}", "")


def add_method(name: str) -> None:
    """Ask for an on-demand method from now on."""
    st.session_state.extra_methods = (name,)


def settings() -> Settings:
    """What to compute besides the one pass: the on-demand methods asked for by button or picker, and the dear measure."""
    chosen = (name for name in (*st.session_state.extra_methods, st.session_state.get("method")) if name in ON_DEMAND)
    return Settings(methods=tuple(dict.fromkeys(chosen)), expected_embedding=bool(st.session_state.get("meaning")))
