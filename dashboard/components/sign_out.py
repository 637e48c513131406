"""Who is signed in, and the way out; nothing where the server asks nobody to sign in."""

import streamlit as st

from dashboard import sign_in_wording


def show() -> None:
    """Draw them at the foot of the sidebar."""
    if not st.user.get("is_logged_in"):
        return
    with st.sidebar:
        st.text(st.user.get("email") or st.user.get("name") or "")
        if st.button(sign_in_wording.SIGN_OUT, key="sign_out"):
            st.logout()
