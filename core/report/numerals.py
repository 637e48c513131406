"""Figures for people: shares, values and durations, each with its unit and a true minus."""

from math import isnan

MINUS, FIXED = "−", "\N{NO-BREAK SPACE}"  # a unit stays with its number


def percent(share: float | None) -> str:
    """A share; 0 % and 100 % only where it is exactly that; a dash where it isn't known."""
    if share is None or isnan(share):
        return "–"
    if 0 < share < 0.001:
        return f"< 0.1{FIXED}%"
    if 0.999 < share < 1:
        return f"> 99.9{FIXED}%"
    return f"{100 * share:.{0 if share in (0, 1) else 1}f}{FIXED}%".replace("-", MINUS)


def value(number: float | None, unit: str = "", form: str = ".4g") -> str:
    """A number with its unit; a dash where it isn't known."""
    if number is None or isnan(number):
        return "–"
    figure = f"{number:{form}}".replace("-", MINUS)
    return f"{figure}{FIXED}{unit}" if unit else figure


def duration(seconds: float) -> str:
    """Milliseconds below ten seconds, then seconds, minutes or hours."""
    if seconds < 10:
        return f"{1000 * seconds:,.0f}{FIXED}ms"
    if seconds < 120:
        return f"{seconds:.0f}{FIXED}s"
    return f"{seconds / 60:.0f}{FIXED}min" if seconds < 7200 else f"{seconds / 3600:.1f}{FIXED}h"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 word`, `2,000 words`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def points(share: float | None) -> str:
    """Hundred times a share, with its sign, and without the %."""
    if share is None or isnan(share):
        return "–"
    figure = f"{100 * share:+.1f}".replace("-", MINUS)
    return "0.0" if figure in ("+0.0", f"{MINUS}0.0") else figure


def signed_percent(share: float | None) -> str:
    """A share with its sign, as a mean of scores has one."""
    figure = points(share)
    return figure if figure == "–" else f"{figure}{FIXED}%"
