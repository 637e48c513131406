"""How wide a text is when it is drawn: advance widths, for pictures laid out without a browser. No font is read.

The widths are those of Liberation Sans, which the PNG is drawn with wherever it is made, and so of Arial and Helvetica, which
have the same ones by design: an SVG looks the same on all of them.
"""

import unicodedata

FONTS = "'Liberation Sans', Arial, Helvetica, Arimo, sans-serif"
"""Families of one and the same width, then whatever sans serif there is."""
BOLD = 1.08  # of the regular width: the letters are about that much wider
_USUAL = 556  # digits, and most small letters
_WIDTHS = {  # thousandths of the type size → characters
    188: "′", 191: "'", 222: "ijlłιіј‘’‚‛", 260: "|¦", 278: " !,./:;I[\\]ft·ìíîïıΙІї", 333: "()-`r¡¨²³´¸¹‐‑“”„‹›",
    334: "{}", 350: "•", 354: "″", 355: "\"", 365: "ºг", 370: "ª", 389: "*", 395: "τ", 400: "°", 438: "к", 441: "ζ",
    446: "ε", 448: "ξ", 458: "зт", 469: "^", 482: "ς", 500: "JcksvxyzγκλνЈсухѕ", 510: "эє", 521: "чь", 525: "χ",
    531: "в", 537: "¶", 542: "Гпя", 547: "υ", 569: "ρ", 573: "бц", 575: "β", 576: "µμ", 578: "α", 583: "Кдл",
    584: "+<=>~¬×−", 604: "З", 611: "FTZ¿ßøΖΤТ", 617: "σ", 618: "Σ", 625: "ъ", 635: "У", 648: "φ", 650: "Ξ",
    656: "БЛЬ", 667: "&ABEKPSVXYÞΑΒΕΚΡΥΧЅАВЕРХЧ", 668: "ΔΛ", 669: "ж", 677: "Д", 688: "м", 690: "π", 713: "ψ",
    719: "ЄЏИПЭы", 722: "CDHNRUwÐĐΗΝΠНСЯ", 737: "©®", 740: "Ц", 748: "Ω", 750: "ю", 760: "Ф", 778: "GOQØΘΟО",
    781: "ω", 792: "Ъ", 798: "Φ", 802: "ш", 812: "њ", 823: "фщ", 833: "MmΜМ", 834: "¼½¾", 835: "Ψ", 854: "Ћ",
    865: "Ђ", 885: "Ы", 889: "%æ", 906: "љ", 917: "Ш", 923: "Ж", 938: "Щ", 944: "Wœ", 1000: "ÆŒ—―…‰™", 1010: "ЊЮ",
    1015: "@", 1057: "Љ",
}  # fmt: skip
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_KNOWN = {*_WIDTH_OF, *"0123456789?L_abdeghnopqu#$"}
_FULL, _EMOJI, _JOINED = 1000, 1300, 640  # of scripts that the font doesn't hold, on the wide side so that nothing overlaps
_INVISIBLE = ("Mn", "Me", "Cf", "Cc")  # marks on the letter before, and characters that only steer


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide the text is at a type size, in the size's unit."""
    return sum(map(_advance, text)) * size / 1000 * (BOLD if bold else 1)


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, or as much of its beginning as has room before an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def is_known(text: str) -> bool:
    """Whether all widths are the font's own, none a guess: only then may a text be squeezed or stretched to its width."""
    return all(unicodedata.normalize("NFKD", character)[0] in _KNOWN for character in text)


def _advance(character: str) -> int:
    known = _WIDTH_OF.get(character)
    if known is not None:
        return known
    if unicodedata.category(character) in _INVISIBLE or "\ufe00" <= character <= "\ufe0f":
        return 0
    if character >= "\U0001f000":
        return _EMOJI
    if unicodedata.east_asian_width(character) in "WF":
        return _FULL
    base = unicodedata.normalize("NFKD", character)[0]  # é is as wide as e, a fixed space as a space
    if base != character:
        return _advance(base)
    return _USUAL if character < "\u0500" else _JOINED
