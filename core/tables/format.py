"""How a file is written, and how much of one is read."""

from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("txt", "csv", "tsv", "jsonl", "json", "parquet", "xlsx")  # each may also lie in a .zip or a .gz
TEXT_KINDS = ("txt", "csv", "tsv", "jsonl", "json")  # those that have an encoding
ENCODINGS = (  # that may be chosen; Python knows more, some of which are no way to write a text
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859-15",
    "latin-1", "koi8-r", "mac-roman", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
)  # fmt: skip


@dataclass(frozen=True)
class Format:
    """How to read a file. Hashable; kept in a run's manifest. ValueError for what can't be."""

    kind: str
    """Of KINDS."""
    encoding: str = "utf-8"
    """Of ENCODINGS; of TEXT_KINDS only. A byte order mark is dropped."""
    delimiter: str = ","
    """One character between the cells of a csv. A tsv has tabs, and knows no quotes."""
    has_header: bool = True
    """Whether the first row names the columns (csv, tsv, xlsx); if not, they are called 1, 2, …"""
    member: str | None = None
    """The file read, of a zip."""
    sheet: str | None = None
    """The sheet read, of a workbook; None: the first."""
    one_text: bool = False
    """Whether a txt is one text, and not a text a line."""

    def __post_init__(self) -> None:
        _require(self.kind in KINDS, f"The kind {self.kind!r} is none of {', '.join(KINDS)}.")
        _require(self.encoding in ENCODINGS, f"The encoding {self.encoding!r} is none of {', '.join(ENCODINGS)}.")
        good = isinstance(self.delimiter, str) and len(self.delimiter) == 1 and self.delimiter not in '"\r\n\0'
        _require(good, f"The delimiter is {self.delimiter!r}; it must be one character, and neither a quote nor a line end.")
        for name in ("member", "sheet"):
            _require(
                isinstance(getattr(self, name), str | None), f"{name} is {getattr(self, name)!r}; it must be a name or None."
            )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Format":
        """What `as_dict` gave. ValueError where it holds something else."""
        try:
            return cls(**saved)
        except TypeError as error:
            raise ValueError(f"{saved!r} is no format of a file: {error}.") from None


@dataclass(frozen=True)
class Limits:
    """How much is read. Whatever is larger is refused in a sentence that names the limit."""

    file: int
    """Bytes of the file as it is given."""
    unpacked: int
    """Bytes of what a zip or gz holds, or a workbook, all files together; also characters of all rows of a workbook or a Parquet file."""
    rows: int
    columns: int
    cell: int
    """Characters of one cell."""
    row: int
    """Characters of one row, as it is written. Also the most that a quote may hold that never closes."""
    members: int
    """Files in one zip or workbook."""
    ratio: int = 200
    """Unpacked size of one file of a zip over its packed size; of no concern below FREE_OF_RATIO bytes."""
    memory: int = 2_000_000_000
    """Bytes that reading may take where a file decides how much is in memory at once: the strings of a workbook, a page of a Parquet file."""
    seconds: int = 600
    """Until the next rows of such a file must have been read."""
    where: str = ""
    """What to do about a file above them, appended to the sentence."""

    def too_large(self, what: str) -> str:
        """A sentence of what is above a limit, and what to do."""
        return f"{what}. {self.where}".strip()


FREE_OF_RATIO = 10_000_000  # bytes: a short file of one word ten thousand times is no bomb

PAGE_LIMITS = Limits(
    file=20_000_000, unpacked=50_000_000, rows=200_000, columns=500, cell=100_000, row=1_000_000, members=100, memory=250_000_000, seconds=25,
    where="Split it, or use the command line, which takes larger files.",
)  # fmt: skip
"""What a page reads."""
SHELL_LIMITS = Limits(
    file=50_000_000_000, unpacked=200_000_000_000, rows=1_000_000_000, columns=10_000, cell=1_000_000, row=10_000_000, members=10_000,
    where="Split it, or drop columns.",
)  # fmt: skip
"""What the command line reads."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
