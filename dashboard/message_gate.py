"""What a browser may ask over the websocket: what the pages ask. Streamlit hears more, from anybody who is connected:

it empties the caches of all people, which ends the run over a file that is under way, tells which files the server's own checkout holds,
and writes files into the program's folder.
"""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

HEARD = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat"}
OPERATIONS = {"deferred_file", "dataframe_chunk"}  # downloads made on a click, and the rest of a long table


class MessageGate:
    """ASGI middleware that drops every other message before Streamlit hears it, without a word."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass on what is no websocket; of one, the messages that are heard."""

        async def receive_heard():
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or is_heard(message.get("bytes")):
                    return message

        return await self.app(scope, receive_heard if scope["type"] == "websocket" else receive, send)


def is_heard(sent: bytes | None) -> bool:
    """Whether Streamlit is to hear this: None is text, which nothing here sends; what is no message, or too large for one, ends the connection there."""
    if sent is None:
        return False
    if len(sent) > get_max_widget_state_size_bytes():
        return True  # unread: Streamlit ends the connection for its size
    message = BackMsg()
    try:
        message.ParseFromString(sent)
    except Exception:  # noqa: BLE001 — each implementation of protobuf has its own kind of error
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        operation = message.backend_operation_request
        named = {field.name for field, _ in operation.ListFields()} - {"request_id", "session_id"}
        return bool(named) and named <= OPERATIONS
    return kind in HEARD
