"""What was given to read: a file on disk, or bytes that a browser sent."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core.errors import DataError, quoted

BLOCK = 1 << 20  # bytes read at a time where a whole file is read
Opened: TypeAlias = io.BufferedReader | io.BytesIO


@dataclass(frozen=True)
class Source:
    """One file: exactly one of `path` and `content` is given. ValueError otherwise."""

    name: str
    """As the person knows it; its ending is a hint of its kind."""
    path: Path | None = None
    content: bytes | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.content is None):
            raise ValueError(
                f"A source is a path or its content; {quoted(self.name)} has {'neither' if self.path is None else 'both'}."
            )

    @classmethod
    def of(cls, path: Path | str) -> "Source":
        """The file at the path, which need not exist yet."""
        return cls(Path(path).name, path=Path(path))

    def open(self) -> Opened:
        """Its bytes from the first, seekable. DataError where it can't be opened."""
        if self.path is None:
            return io.BytesIO(self.content or b"")
        try:
            if self.path.exists() and not self.path.is_file():  # a named pipe would wait for ever
                raise DataError(f"{quoted(str(self.path))} is a folder or a device. Give a file.")
            return self.path.open("rb")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise DataError(
                f"{quoted(str(self.path))} can't be opened: {getattr(error, 'strerror', None) or error}. Check the path."
            ) from None

    @property
    def size(self) -> int:
        """Bytes. DataError where it can't be opened."""
        with self.open() as file:
            return file.seek(0, io.SEEK_END)

    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of all its bytes. DataError where it can't be read."""
        digest = hashlib.sha256()
        try:
            with self.open() as file:
                while block := file.read(BLOCK):
                    digest.update(block)
        except OSError as error:
            raise DataError(
                f"{quoted(self.name)} can't be read to its end: {error.strerror or error}. Check the disk it lies on."
            ) from None
        return digest.hexdigest()[:16]
