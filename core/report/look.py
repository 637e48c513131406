"""How a report looks: colours of both themes, type, widths, and print. Orange and blue are kept for saliency.

The colours are those of the pages; a test holds the two together. On paper the light theme is used whatever the screen shows.
"""

SANS = "'Source Sans', 'Source Sans 3', 'Noto Sans', 'DejaVu Sans', sans-serif"
SERIF = "'Source Serif', Georgia, 'Noto Serif', 'DejaVu Serif', serif"
LIGHT = {"ground": "#fbfbf9", "surface": "#ffffff", "text": "#1d2530", "muted": "#565f6b", "line": "#d8d9d4"}
DARK = {"ground": "#14171c", "surface": "#1a1e24", "text": "#e9e7e2", "muted": "#a9b0ba", "line": "#3a414c"}


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


FRAME = f"""
:root {{ {_variables(LIGHT)} color-scheme: light; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} color-scheme: dark; }} }}
* {{ box-sizing: border-box; }}
html {{ -webkit-text-size-adjust: 100%; }}
body {{ margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.55 {SANS}; overflow-wrap: break-word; }}
main {{ max-width: 66rem; margin: 0 auto; padding: 2.8rem 2rem 4rem; }}
h1, h2, h3 {{ font-family: {SERIF}; line-height: 1.25; text-wrap: balance; }}
h1 {{ font-size: 2rem; font-weight: 600; margin: .2rem 0 .6rem; }}
h2 {{ font-size: 1.3rem; font-weight: 600; margin: 0 0 .5rem; }}
h3 {{ font-size: 1.05rem; font-weight: 600; margin: 1.2rem 0 .3rem; }} h3:first-child {{ margin-top: 0; }}
p {{ margin: 0 0 .6rem; max-width: 46rem; }}
section {{ border-top: 1px solid var(--line); padding: 1.5rem 0 .6rem; margin-top: 1.3rem; }}
.kicker {{ color: var(--muted); font-size: .85rem; letter-spacing: .04em; margin: 0; }}
.note, figcaption {{ color: var(--muted); font-size: .875rem; line-height: 1.5; }}
.lead {{ font-size: 1.06rem; }}
ul {{ margin: 0 0 .6rem; padding-left: 1.15rem; max-width: 46rem; }} li {{ margin-bottom: .45rem; }}
code {{ font: .9em/1.5 'DejaVu Sans Mono', Menlo, Consolas, monospace; }}
"""

PARTS = f"""
.words {{ font: 1.16rem/2 {SERIF}; }} .words p {{ max-width: none; }}
.legend {{ font-size: .875rem; color: var(--muted); }} .legend p {{ margin: .2rem 0; }}
.columns {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 23rem), 1fr)); gap: 1.6rem 2.6rem; align-items: start; }}
dl {{ margin: 0; }} dd {{ margin: 0; }} .columns > *, .cards > *, .keys bdi, .bars > * {{ min-width: 0; overflow-wrap: anywhere; }}
.facts {{ overflow-wrap: anywhere; }}
.facts > div {{ display: grid; grid-template-columns: 9.5rem 1fr; gap: .1rem 1rem; padding: .32rem 0; border-bottom: 1px solid var(--line); }}
.facts > div:last-child {{ border-bottom: 0; }}
dt {{ color: var(--muted); }}
.bars {{ display: grid; grid-template-columns: minmax(0, max-content) minmax(4rem, 1fr) max-content; gap: .3rem .9rem; align-items: center; }}
.bars .said {{ font-weight: 600; }} .bars .amount {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }}
.bar {{ height: .7rem; border-radius: .35rem; background: color-mix(in srgb, var(--text) 9%, transparent); overflow: hidden; }}
.bar i {{ display: block; height: 100%; border-radius: .35rem; background: var(--muted); }} .said + .bar i {{ background: var(--text); }}
.scroll {{ overflow-x: auto; margin: .4rem 0 1rem; }}
table {{ border-collapse: collapse; font-size: .9rem; min-width: 60%; }}
th {{ text-align: left; color: var(--muted); font-weight: 600; vertical-align: bottom; }}
th, td {{ padding: .34rem 1.1rem .34rem 0; overflow-wrap: normal; border-bottom: 1px solid var(--line); }} td {{ vertical-align: top; }}
.word {{ display: inline-block; max-width: 14rem; overflow-wrap: break-word; }} .layers td:last-child {{ overflow-wrap: anywhere; }}
.figure {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }} th.figure {{ white-space: normal; }}
.layers {{ width: 100%; font-size: .92rem; }} .layers td:last-child {{ width: 100%; padding-right: 0; }}
.layers p {{ margin: 0; max-width: none; }} .place, .read {{ white-space: nowrap; font-variant-numeric: tabular-nums; }}
.layers th {{ min-width: 5.2rem; }} .layers td {{ padding-top: .15rem; padding-bottom: .15rem; line-height: 2; }} .narrow {{ display: none; }}
.layers tr {{ break-inside: avoid; }} .layers .shown .place {{ font-weight: 700; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem 1.6rem; margin: 1rem 0 .4rem; }}
.tiles dt {{ font-size: .875rem; }} .tiles dd:nth-child(2) {{ font: 600 1.55rem/1.3 {SERIF}; }}
.lists {{ grid-template-columns: repeat(auto-fit, minmax(min(100%, 27.5rem), 1fr)); gap: 1.2rem 2.4rem; }}
.lists table {{ font-size: .84rem; }} .lists th, .lists td {{ padding-right: .75rem; }} .lists .word {{ max-width: 9rem; }}
.interval {{ display: block; width: 5.4rem; height: 1.1rem; margin-top: .15rem; }} .ends {{ display: block; font-size: .8rem; }} td > .ends {{ color: var(--muted); }}
.cell {{ display: block; padding: .15rem .45rem; line-height: 1.35; border-radius: .3rem; }} .item {{ white-space: nowrap; margin-right: 1rem; display: inline-block; }}
.example {{ margin: 0 0 1.3rem; }} .words.small {{ font-size: 1.05rem; line-height: 1.9; }}
figure {{ margin: 0; }} figure svg {{ display: block; width: 100%; max-width: 34rem; height: auto; }}
figcaption {{ margin-top: .4rem; max-width: 34rem; }} figcaption span {{ display: block; }}
.keys {{ display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; margin: 0 0 .3rem; padding: 0; list-style: none; font-size: .875rem; }}
.keys li {{ display: flex; gap: .45rem; align-items: center; margin: 0; }} .keys svg {{ width: 2.1rem; height: .7rem; flex: none; }}
.card {{ border: 1px solid var(--line); border-radius: .6rem; background: var(--surface); padding: 1rem 1.2rem .7rem; }}
.card .facts {{ font-size: .875rem; }} .card .facts > div {{ grid-template-columns: 5rem 1fr; }}
.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.1rem; }}
"""

CURVES = f"""
svg text {{ font: 13px {SANS}; fill: var(--muted); }}
.grid {{ stroke: var(--line); stroke-width: 1; }} .stripe {{ fill: var(--line); opacity: .55; }}
.line {{ fill: none; stroke: var(--muted); stroke-width: 1.8; stroke-linejoin: round; }}
.point {{ fill: var(--muted); stroke: var(--muted); stroke-width: 1.8; }} .band {{ fill: var(--muted); opacity: .2; stroke: none; }}
.first.line {{ stroke: var(--text); stroke-width: 2.4; }} .first.point {{ fill: var(--text); stroke: var(--text); }}
.first.band {{ fill: var(--text); opacity: .16; }} .hollow.point {{ fill: var(--ground); }}
"""

NARROW = """
@media (max-width: 640px) {
  main { padding: 1.5rem 1.1rem 3rem; } h1 { font-size: 1.6rem; }
  .facts > div { grid-template-columns: 6.5rem 1fr; } .lists .interval { display: none; } .lists th, .lists td { padding-right: .55rem; }
  .layers thead { display: none; } .layers, .layers tbody { display: block; } .narrow { display: inline; }
  .layers tr { display: flex; flex-wrap: wrap; gap: 0 .9rem; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .layers td { border: 0; padding: 0; } .layers .read { color: var(--muted); } .layers td:last-child { flex-basis: 100%; }
}
"""

PRINT = """
@page { size: A4; margin: 17mm 16mm; }
@media print {
  html { font-size: 10pt; } body { background: #fff; } main { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1, h2, h3, .keys, h2 + .note { break-after: avoid; } p, li { orphans: 3; widows: 3; }
  figure, .card, .example, .note, .whole, tr, .facts > div, .bars, .tiles { break-inside: avoid; }
  section { padding-bottom: 0; } section:last-child > :last-child { margin-bottom: 0; }
  .new-page { break-before: page; border-top: 0; margin-top: 0; padding-top: 0; }
  .lists { grid-template-columns: 1fr 1fr; gap: 1rem 1.6rem; } .lists table { font-size: 7.3pt; }
  .lists th, .lists td { padding: .16rem .5rem .16rem 0; } .lists .interval { width: 3.8rem; height: .8rem; }
  .scroll { overflow: visible; } .hollow.point { fill: #fff; }
}
"""

CSS = FRAME + PARTS + CURVES + NARROW + PRINT
