"""Puts the keyboard into a popover that has been opened, on every page."""

from dashboard.components.assets import register

_popover_focus = register("popover_focus")


def show() -> None:
    """Watch the page's popovers. Nothing is to be seen.

    Streamlit hangs an open popover at the end of the document and leaves the focus on its button, from where Tab goes on to
    whatever stands behind that button.
    """
    _popover_focus(data={}, key="popover-focus")
