"""The engine: which words a text classifier used, layer by layer. Usable from a notebook, with no user interface.

text → `tokens` → `trace` (one forward, one backward, every layer) → `saliency` · `decode` · `coherence`
     → `pipeline.analyse` → `records.LayerReport` (numpy and str only) → `export`

Nothing is re-exported here, so that `core.records` costs no torch import.
"""

__version__ = "0.1.0"  # the one place; CHANGELOG.md has a section of this name, see CONTRIBUTING.md, "Releases"
