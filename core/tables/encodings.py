"""Which encoding bytes are written in: a byte order mark tells, strict UTF-8 is as good as certain, anything else is asked."""

import codecs
from typing import BinaryIO

CHECKED = 64_000_000  # bytes that must be UTF-8; what comes after spoils its own lines only
BLOCK = 1 << 20
MARKS = (  # the longer first: UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
SINGLE = ("cp1252", "iso8859-15", "latin-1", "mac-roman", "cp1250", "cp1254")
CYRILLIC = ("cp1251", "koi8-r")
OTHER = ("cp1253", "cp1255", "cp1256")
EAST_ASIAN = ("shift_jis", "euc-jp", "gb18030", "big5", "euc-kr")
MANY_HIGH = 0.25  # share of bytes above 127 from which on hardly a letter is Latin


def is_utf8(stream: BinaryIO) -> bool:
    """Whether its first CHECKED bytes are UTF-8."""
    decoder, read = codecs.getincrementaldecoder("utf-8")("strict"), 0
    try:
        while read < CHECKED and (block := stream.read(BLOCK)):
            read += len(block)
            decoder.decode(block)
        decoder.decode(b"", final=read < CHECKED)
    except UnicodeDecodeError:
        return False
    return True


def marked(head: bytes) -> str | None:
    """The encoding that a byte order mark tells, or None."""
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)


def looks_like_utf16(head: bytes) -> str | None:
    """utf-16-le or -be where every other byte is mostly zero, as in Latin text; else None."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not max(even, odd) or max(even, odd) < 0.3 * (len(head) // 2) or min(even, odd) > 0.1 * max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def candidates(sample: bytes) -> tuple[str, ...]:
    """Encodings that the sample may be written in, the likeliest first. Never empty: latin-1 reads anything."""
    wide = looks_like_utf16(sample)
    high = sum(byte > 127 for byte in sample) / max(len(sample), 1)
    order = (*EAST_ASIAN, *CYRILLIC, *OTHER, *SINGLE) if high > MANY_HIGH else (*SINGLE, *CYRILLIC, *EAST_ASIAN, *OTHER)
    return tuple(name for name in ((wide,) if wide else ()) + order if _reads(sample, name))


def _reads(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)  # a letter cut at the end is no error
    except UnicodeError:
        return False
    return True
