"""Which layer a session shows: the recommended one until the person chose another, on any of the places that offer it."""

import streamlit as st


def settle(recommended: int, n_states: int) -> int:
    """Before the layer slider is drawn: follow the recommendation until the person chose a layer that exists. Returns the layer."""
    state = st.session_state
    if not state.layer_is_chosen or state.layer_shown >= n_states:
        state.layer_shown, state.layer_is_chosen = recommended, False
    if state.get("slider_at") != state.layer_shown:
        state.slider_round = state.get("slider_round", 0) + 1
        state.slider_at = state.layer_shown
    return state.layer_shown


def key() -> str:
    """Key of the layer slider: another one whenever the layer was changed by something else, such as the map.

    With one key for good, a browser that has not drawn the newest layer yet would send the slider's old one with the next click
    elsewhere, and the server would take that for a move of the slider. The same goes for a text and for an example.
    Such a widget is drawn with its value as the default, not with one that is put into the session's state: Streamlit sends
    that once only, and a slow browser that gets the next answer before it drew this one would show the widget empty.
    """
    return f"layer-{st.session_state.slider_round}"


def choose(layer: object) -> None:
    """Show this layer from now on. The value comes from the browser, so it may be anything."""
    if isinstance(layer, (int, float)) and 0 <= layer < 1000:
        st.session_state.layer_shown, st.session_state.layer_is_chosen = int(layer), True


def follow_recommendation() -> None:
    """Show the recommended layer again."""
    st.session_state.layer_is_chosen = False


def keep(slider: str) -> None:
    """The slider of this key was moved: its layer counts as chosen."""
    if slider == key():
        choose(st.session_state[slider])
        st.session_state.slider_at = st.session_state.layer_shown
