"""What the server answers to a press for a file, to a dropped file or to a long table reaches the browser.

Streamlit 1.67 throws away what waits to be sent when a run of the whole page begins, answers included: who presses and types at once, on a
busy server, would wait for a file in vain, for three minutes.
"""

from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

ANSWERS = {"backend_operation_response", "file_urls_response"}


class AnsweringQueue(ForwardMsgQueue):
    """What waits to be sent to one session."""

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Throw away what a run that begins makes void, but no answer; everything, where nothing is to be retained."""
        answers = [message for message in self._queue if message.WhichOneof("type") in ANSWERS] if retain_lifecycle_msgs else []
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        self._queue[:0] = [answer for answer in answers if answer not in self._queue]


def keep() -> None:
    """From here on, sessions begin with such a queue."""
    app_session.ForwardMsgQueue = AnsweringQueue
