"""What can go wrong, in sentences: what was got, what was expected, what to do. Pages show the message as it is."""


class SaliencyError(Exception):
    """Any refusal the engine makes on purpose; its text is meant for the person who asked."""


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


def quoted(words: str, longest: int = 80) -> str:
    """What a person wrote, fit for a sentence: in quotation marks, on one line, without control characters, and not endless."""
    line = "".join(sign if sign.isprintable() else " " for sign in words).strip()
    return f"“{line if len(line) <= longest else line[: longest - 1] + '…'}”"
