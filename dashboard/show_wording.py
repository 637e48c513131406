"""What the pages say of links, pictures and files."""

from core.errors import quoted

# --- files ---
DOWNLOAD = "Download"
FOR_A_SLIDE, FOR_READING, FOR_PROGRAMS = "For a slide", "To read and to keep", "For programs"
PICTURE_PNG, PICTURE_SVG = "Picture, PNG", "Picture, SVG"
PICTURE_HELP = (
    "The words at the layer shown, with what the model said, the legend and the model's name: 16 : 9, in the colours that the "
    "page has now. Letters that this server has no font for stay blank in the PNG; the SVG keeps them."
)
REPORT_HTML = "Report, HTML"
REPORT_HTML_HELP = "One file with every layer, the curves, the methods and their limits; it opens in any browser."
REPORT_JSON, REPORT_JSON_HELP = "Report, JSON", "All numbers of the report, to be read back by this program or any other."
SCORES_PARQUET = "Scores, Parquet"
SCORES_HELP = "A row for each method, layer and token, for pandas and the like."

# --- links ---
LINK = "Link"
COPY, COPY_WITH_TEXT = "Copy link", "Copy link with text"
COPIED = "Copied."
NOT_COPIED = "This browser doesn't let the page copy. The link is selected: press Ctrl + C, or ⌘ + C."
FIELD = "The link"
LOCAL = "It begins with the name of this very computer, so it opens on this one only."
WARNING = (
    "The text then stands in the address: it stays in the history of each browser that opens the link, and in the logs of the "
    "servers and mail programs that it passes. Don't share a private text like this."
)


def about_link(page: str, has_example: bool, names_model: bool) -> str:
    """What the link without the text leads to."""
    if not names_model:
        return "The model is your own, and a link can't name it: it opens this page on the first model and its first example."
    shown = {
        "compare": "model, class, and way of hiding words",
        "learn": "model and step",
    }.get(page, "model, class, method and layer")
    rest = "Your text is not in it: it opens on an example in its place."
    if has_example:
        rest = f"The text is an example, which the link names{'' if page == 'learn' else ', and with it the word'}."
    return f"Opens on the same {shown}. {rest}"


def about_length(characters: int) -> str:
    """How long the part of the link behind the server's name is."""
    return f"{characters:,} characters long, behind the server's name."


def too_long(characters: int, most: int) -> str:
    """In place of a link with the text."""
    return (
        f"With the text the link would be {characters:,} characters long; many servers and mail programs cut it off above about "
        f"{most:,}. Send the text on its own, or download the report and send that."
    )


def no_text() -> str:
    """In place of a link with the text, where there is none."""
    return "There is no text yet that a link could hold."


# --- what an address asks for in vain ---


def unknown_word(asked: str) -> str:
    """The address asks for a word that is no number."""
    return f"The address asks for the word {quoted(asked)}; a number is expected, 1 for the first. The strongest one is selected."


def missing_layer(asked: int, last: int) -> str:
    """The model has fewer layers."""
    return f"The address asks for layer {asked}; the model's last one is {last}. The recommended layer is shown."


def missing_word(asked: int, n_words: int) -> str:
    """The text has fewer words."""
    return f"The address asks for word {asked}; the text has {n_words:,}. The strongest word is selected."


def unknown_removal(asked: str, known: tuple[str, ...]) -> str:
    """Words can't be hidden that way."""
    ways = ", ".join(known)
    return f"The address asks for words to be hidden by {quoted(asked)}; it must be one of {ways}. “{known[0]}” is used."


def unknown_closer(asked: str) -> str:
    """There is no such method to look at more closely."""
    return f"The address asks to look at the method {quoted(asked)}, which does not exist. The best one is shown."


def unknown_step(asked: str, n_steps: int) -> str:
    """The Learn page has no such step."""
    return f"The address asks for step {quoted(asked)} of Learn; there are 1 to {n_steps}. The first one is shown."


def unknown_example(asked: str) -> str:
    """The model has no such example."""
    return f"The address asks for the example {quoted(asked)}, which this model does not have. Its first one is shown."
