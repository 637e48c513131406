"""Bytes → what a target needs: numbers from their end, a text from the rest, so that a change here leaves the other as it was."""


class Pieces:
    """Takes an input apart."""

    def __init__(self, data: bytes):
        self._data = data

    def number(self, most: int) -> int:
        """0 … most (below 256), 0 where nothing is left."""
        self._data, taken = self._data[:-1], self._data[-1:]
        return taken[0] % (most + 1) if taken else 0

    def numbers(self, n: int) -> list[int]:
        """n bytes, fewer where fewer are left."""
        taken, self._data = self._data[::-1][:n], self._data[: max(0, len(self._data) - n)]
        return list(taken)

    def rest(self) -> bytes:
        """What is left."""
        return self._data

    def text(self) -> str:
        """What is left as a text, which may hold halves of characters."""
        return self._data.decode("utf-8", "surrogateescape")
