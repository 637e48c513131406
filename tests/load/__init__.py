"""Load on the real application, from websocket clients without a browser: `python -m tests.load.room`, `python -m tests.load.classroom`."""
