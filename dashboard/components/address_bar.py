"""The browser's address bar, kept on what the page shows without a new entry in the history: Back leaves at once."""

from dashboard.components.assets import register

_address_bar = register("address_bar")


def show(path: str, query: str) -> None:
    """Have the bar hold the page `path` (empty: the first one) with what follows its ?. Nothing is to be seen."""
    _address_bar(data={"path": path, "query": query}, key="address-bar")
