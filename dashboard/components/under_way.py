"""What was asked for besides the wall's first rows: the button that asks, and the run, with its progress and a way to stop it."""

import streamlit as st

from core.cards import CHEAP, run_at_once
from core.comparison import Comparison
from core.errors import SaliencyError
from core.model_spec import ModelSpec
from dashboard import asking, compare_choice, compare_wording, engine
from dashboard.components import notice
from dashboard.ranking import FLOOR

AT_ONCE = 8  # cheap methods in one run: the wall grows by as many rows, and a stop keeps what is finished


def show_sanity_button(comparison: Comparison) -> None:
    """Draw the button that tries every map on a model that knows nothing, while there is one left to try."""
    if _untried(comparison):
        st.button(
            compare_wording.SANITY_BUTTON,
            help=compare_wording.SANITY_HELP,
            on_click=compare_choice.run,
            args=(compare_choice.SANITY,),
            disabled=compare_choice.SANITY in compare_choice.queue(),
        )


def run_next(comparison: Comparison, spec: ModelSpec) -> None:
    """Run the first that waits; the page starts anew when it is done, so that its row stands before the next one runs.

    Called when all else is drawn, so that the page is of use meanwhile.
    """
    if compare_choice.trouble():
        notice.show(compare_choice.trouble(), "trouble")
    waiting = compare_choice.queue()
    if not waiting and not waits_for_cheap(comparison):
        return
    try:
        if not waiting:
            engine.compare(comparison.query, spec, _cheap_left(comparison)[:AT_ONCE], comparison.removal)
        elif waiting[0] == compare_choice.SANITY:
            _check_some(comparison, spec)
        else:
            engine.compare(comparison.query, spec, waiting[:1], comparison.removal)
            compare_choice.done(waiting[0])
    except asking.GivenUp:
        compare_choice.give_up(compare_wording.STOPPED)
    except SaliencyError as error:
        compare_choice.give_up(str(error))
    st.rerun()


def _check_some(comparison: Comparison, spec: ModelSpec) -> None:
    """Try the cheap methods on random weights, or the next dear one: a stop keeps what is finished."""
    untried = _untried(comparison)
    cheap = tuple(name for name in untried if name in CHEAP)
    left = _untried(engine.check_sanity(comparison, spec, cheap or untried[:1]))
    if not left or left == untried:
        compare_choice.done(compare_choice.SANITY)


def waits_for_cheap(comparison: Comparison) -> bool:
    """Whether there are methods to come that need not be asked for. Once the person stopped one, they need to be."""
    return bool(_cheap_left(comparison)) and compare_choice.wants_cheap()


def n_to_come(comparison: Comparison) -> int:
    """How many rows the wall will have besides those it has, without anybody asking for more."""
    return len(_cheap_left(comparison)) if waits_for_cheap(comparison) else 0


def _cheap_left(comparison: Comparison) -> tuple[str, ...]:
    cheap = run_at_once(len(comparison.word_spans))
    return tuple(name for name in cheap if name not in comparison.rows and name not in comparison.refusals)


def _untried(comparison: Comparison) -> tuple[str, ...]:
    return tuple(name for name in comparison.rows if name != FLOOR and name not in comparison.sanity)
