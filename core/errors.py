"""What can go wrong, in sentences: what was got, what was expected, what to do. Pages show the message as it is."""


class SaliencyError(Exception):
    """Any refusal the engine makes on purpose; its text is meant for the person who asked.

    It stays on one line and without control characters, whatever it repeats of a file, a library's error or an address.
    """

    def __init__(self, said: str = ""):
        super().__init__(printable(said))


class TextError(SaliencyError):
    """The text can't be analysed."""


class ModelError(SaliencyError):
    """The model can't be found, is refused, or lacks something."""


class TargetError(SaliencyError):
    """The class asked for doesn't exist, or a contrast is empty."""


class MethodError(SaliencyError):
    """The saliency method asked for doesn't exist, or this model can't serve it."""


class DataError(SaliencyError):
    """A file of texts can't be read, or doesn't suit the model."""


class ReportError(SaliencyError):
    """A saved report can't be read back."""


def printable(words: str) -> str:
    """The words with a space for each sign that ends a line, controls something or turns the direction of the text."""
    return "".join(sign if sign.isprintable() else " " for sign in words)


def quoted(words: str, longest: int = 80) -> str:
    """What a person wrote, fit for a sentence: in quotation marks, on one line, without control characters, and not endless."""
    line = printable(words).strip()
    return f"“{line if len(line) <= longest else line[: longest - 1] + '…'}”"
