"""What lies in a zip or a gz, read piece by piece under a meter: nothing is unpacked to a folder, nor trusted to be as large as it says."""

import io
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from core.errors import DataError, quoted
from core.tables.format import FREE_OF_RATIO, Limits
from core.tables.source import Opened, Source

GZIP, ZIP_BEGINS = b"\x1f\x8b", b"PK\x03\x04"
DIRECTORY = 4_000_000  # bytes of a zip's list of files
IN_MEMORY = 32_000_000  # bytes unpacked beyond which a temporary file holds them
BLOCK = 1 << 16
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class _Metered(io.RawIOBase):
    """A stream of bytes that ends in a sentence where it breaks, or gives more than is allowed."""

    def __init__(self, read: Callable[[int], bytes], name: str, what: str, limits: Limits):
        self._read, self._name, self._what, self._limits, self._given = read, name, what, limits, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(len(buffer))
        except BROKEN as error:
            raise DataError(
                f"{quoted(self._name)} is no whole {self._what}: {error or 'it is cut'}. Fetch or pack it again."
            ) from None
        self._given += len(data)
        if self._given > (most := self._limits.unpacked):
            said = f"{quoted(self._name)} holds more than {in_bytes(most)}, unpacked; at most so much is read"
            raise DataError(self._limits.too_large(said))
        buffer[: len(data)] = data
        return len(data)


class _Directory:
    """A file of which nobody reads much at once: a zip's list of files, whose length the zip itself states, is read as a whole."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, n: int = -1) -> bytes:
        if n > DIRECTORY:
            raise DataError(f"The zip's list of files is longer than {in_bytes(DIRECTORY)}. Pack fewer files.")
        return self._file.read(n)


class _Gunzip:
    """Reads a gz of one or several parts. gzip.GzipFile does too, but reads a part's name byte by byte however long it is."""

    def __init__(self, file: IO[bytes]):
        self._file, self._waiting, self._part = file, b"", zlib.decompressobj(31)

    def read(self, n: int) -> bytes:
        """At most n bytes, b"" at the end. EOFError, zlib.error."""
        data = b""
        while not data:
            self._waiting = self._waiting or self._file.read(BLOCK)
            if not self._waiting:
                data = b"" if self._part.eof else self._part.decompress(b"", n)
                if not data and not self._part.eof:
                    raise EOFError("it ends in the middle")
                return data
            if self._part.eof:
                self._waiting = self._waiting.lstrip(b"\0")  # padding between parts
                if not self._waiting:
                    continue
                self._part = zlib.decompressobj(31)
            data = self._part.decompress(self._waiting, n)
            self._waiting = self._part.unused_data if self._part.eof else self._part.unconsumed_tail
        return data


def in_bytes(n: int) -> str:
    """A size for a sentence."""
    return f"{n / 1e9:,.3g} GB" if n >= 1e9 else f"{n / 1e6:,.3g} MB" if n >= 1e6 else f"{n:,} bytes"


def open_zip(file: IO[bytes], name: str, limits: Limits) -> zipfile.ZipFile:
    """The zip, all that it says of its files checked. DataError."""
    try:
        archive = zipfile.ZipFile(_Directory(file))
    except BROKEN as error:
        raise DataError(f"{quoted(name)} is no whole zip: {error or 'it ends too early'}. Fetch or pack it again.") from None
    files = [info for info in archive.infolist() if not info.is_dir()]
    for broken in filter(None, [_what_is_wrong(info, limits) for info in files]):
        raise DataError(f"{quoted(name)} isn't read: {broken}")
    if len(archive.namelist()) > limits.members:
        said = f"{quoted(name)} holds {len(archive.namelist()):,} files; at most {limits.members:,} are looked through"
        raise DataError(limits.too_large(said))
    if len(set(archive.namelist())) < len(archive.namelist()):
        raise DataError(f"{quoted(name)} isn't read: it holds two files of one name. Pack it again.")
    if (size := sum(info.file_size for info in files)) > limits.unpacked:
        said = f"{quoted(name)} unpacks to {in_bytes(size)}; at most {in_bytes(limits.unpacked)} are read"
        raise DataError(limits.too_large(said))
    return archive


def _what_is_wrong(info: zipfile.ZipInfo, limits: Limits) -> str | None:
    """Why a file of a zip isn't read, and nothing of the zip; None where it is."""
    name, path = quoted(info.filename), info.filename.replace("\\", "/")
    if info.flag_bits & 1:
        return f"its file {name} is encrypted. Unpack it yourself and give what it holds."
    if path.startswith("/") or ".." in path.split("/") or path[1:2] == ":":
        return f"its file {name} would lie outside of the zip's own folder. Pack it again without such paths."
    if stat.S_ISLNK(info.external_attr >> 16):
        return f"its file {name} is a link to another. Pack the file itself."
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"its file {name} is packed in a way that isn't read. Pack it with deflate, as zip does unasked."
    if info.file_size > max(FREE_OF_RATIO, limits.ratio * info.compress_size):
        return f"its file {name} unpacks to more than {limits.ratio} times its packed size, as traps do. Give the file unpacked."
    return None


@contextmanager
def unpacked(source: Source, member: str | None, limits: Limits) -> Iterator[Opened]:
    """The bytes of the file, of the one in a gz, or of the member of a zip. Seekable only where nothing is packed. DataError, also while it
    is read."""
    with source.open() as file, ExitStack() as stack:
        if (size := source.size) > limits.file:
            said = (
                f"{quoted(source.name)} holds more than {in_bytes(limits.file)}, the most that is read: it has {in_bytes(size)}"
            )
            raise DataError(limits.too_large(said))
        is_gzip = file.read(2) == GZIP
        if source.name.casefold().endswith(".gz") and not is_gzip:
            raise DataError(f"{quoted(source.name)} ends in .gz and is no gzip file. Fetch it again, or drop the ending.")
        file.seek(0)
        if member is not None:
            archive = stack.enter_context(open_zip(file, source.name, limits))
            if member not in archive.namelist():
                raise DataError(f"{quoted(source.name)} holds no file {quoted(member)}. Choose one that it holds.")
            try:
                read: Callable[[int], bytes] = stack.enter_context(archive.open(member)).read
            except BROKEN as error:
                raise DataError(f"{quoted(member)} can't be unpacked: {error}. Pack it again.") from None
        elif is_gzip:
            read = _Gunzip(file).read
        else:
            yield file
            return
        what = "gzip file" if member is None else "file of a zip"
        yield io.BufferedReader(_Metered(read, member or source.name, what, limits), BLOCK)


@contextmanager
def seekable(source: Source, member: str | None, limits: Limits) -> Iterator[IO[bytes]]:
    """The same, seekable: a packed file is unpacked into memory or a nameless temporary file. DataError."""
    with unpacked(source, member, limits) as stream:
        if stream.seekable():
            yield stream
            return
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
            try:
                while block := stream.read(BLOCK):
                    whole.write(block)
            except OSError as error:
                raise DataError(
                    f"{quoted(source.name)} can't be unpacked: {error.strerror or error}. Make room on the disk."
                ) from None
            whole.seek(0)
            yield whole


@contextmanager
def text_of(source: Source, member: str | None, limits: Limits) -> Iterator[Opened]:
    """The bytes of a file that should be text. DataError also where it is a zip, of which a file must be chosen, or one within another."""
    with unpacked(source, member, limits) as stream:
        head = stream.getbuffer()[:4].tobytes() if isinstance(stream, io.BytesIO) else stream.peek(4)[:4]
        if head == ZIP_BEGINS or head[:2] == GZIP:
            packed = (
                "a zip or gz within another; unpack the outer one"
                if member or head[:2] == GZIP
                else "a zip; choose one of its files"
            )
            raise DataError(f"{quoted(member or source.name)} is {packed}.")
        yield stream
