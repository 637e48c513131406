"""Vega-Lite specifications as files: made in this process, from fonts of this machine, without a request."""

VEGA_LITE = "6.4"  # the grammar of the pinned Altair
SHARPNESS = 2  # pixels of a PNG for each px of the figure


def to_svg(spec: dict) -> str:
    """The figure as SVG."""
    import vl_convert  # here: it brings an engine of its own, and most visits download nothing

    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])


def to_png(spec: dict) -> bytes:
    """The figure as PNG."""
    import vl_convert

    return vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=SHARPNESS, allowed_base_urls=[])


def draw_png(svg: str) -> bytes:
    """A finished drawing as PNG, SHARPNESS pixels for each of its own. Letters that no font of this machine has are left blank."""
    import vl_convert

    return vl_convert.svg_to_png(svg, scale=SHARPNESS)
