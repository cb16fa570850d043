"""The chart: one panel a figure, one bar a side, logarithmic, with the spread as a line. Plain SVG, light and dark."""

import math
from html import escape

from report import FIGURES
from sides import SIDES

LABEL, PLOT, VALUE, ROW, HEAD, GAP = 250, 430, 110, 22, 44, 22
BETTER = {"requests_per_s": "more is better"}
STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328}.faint{fill:#59636e;font-size:11px}.title{font-weight:600}
.back{fill:#fff}.grid{stroke:#d1d9e0}.bar{fill:#8c959f}.ours{fill:#0969da}.spread{stroke:#1f2328;stroke-width:1.5}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.faint{fill:#9198a1}.back{fill:#0d1117}.grid{stroke:#3d444d}
.bar{fill:#6e7681}.ours{fill:#4493f8}.spread{stroke:#f0f6fc}}
"""


def _panel(summary: dict, figure: str, top: int) -> list[str]:
    title, digits = FIGURES[figure]
    entries = summary["sides"]
    low = min(max(e["spread"][figure][0], 1e-4) for e in entries.values())
    high = max(max(e["spread"][figure][1], 1e-4) for e in entries.values())
    # A logarithmic axis has no zero: start a whole decade below the least value, so that its bar can be seen.
    first, last = math.floor(math.log10(low)) - (1 if math.log10(low) % 1 < 0.3 else 0), math.ceil(math.log10(high * 1.01))

    def x(value: float) -> float:
        return LABEL + PLOT * (math.log10(max(value, 1e-4)) - first) / (last - first)

    bottom = top + HEAD + ROW * len(entries)
    parts = [f'<text class="title" x="8" y="{top + 16}">{escape(title)}</text>',
             f'<text class="faint" x="{LABEL}" y="{top + 16}">{BETTER.get(figure, "less is better")}, logarithmic</text>']
    for power in range(first, last + 1):
        at = x(10.0**power)
        parts.append(f'<line class="grid" x1="{at:.1f}" y1="{top + HEAD - 6}" x2="{at:.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="faint" x="{at:.1f}" y="{top + HEAD - 10}" text-anchor="middle">{10.0**power:,g}</text>')
    titles = {side.name: side.title for side in SIDES}
    for row, (name, entry) in enumerate(entries.items()):
        y = top + HEAD + ROW * row
        least, greatest = entry["spread"][figure]
        mark = "†" if figure.startswith("added") and not entry["sustained_rate"] else ""
        parts += [
            f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(titles[name])}</text>',
            f'<rect class="{"ours" if name.startswith("ours") else "bar"}" x="{LABEL}" y="{y + 3}" width="{x(entry[figure]) - LABEL:.1f}" height="{ROW - 8}" rx="2"/>',
            f'<line class="spread" x1="{x(least):.1f}" y1="{y + 10}" x2="{x(greatest):.1f}" y2="{y + 10}"/>',
            f'<text x="{LABEL + PLOT + 10}" y="{y + 14}">{entry[figure]:,.{digits}f}{mark}</text>',
        ]
    return parts


def chart(summary: dict) -> str:
    height_of_panel = HEAD + ROW * len(summary["sides"]) + GAP
    width, height = LABEL + PLOT + VALUE, height_of_panel * len(FIGURES) + 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
             f'aria-label="Benchmark: medians and spread of {summary["rounds"]} rounds"><style>{STYLE}</style>',
             f'<rect class="back" width="{width}" height="{height}"/>']
    for index, figure in enumerate(FIGURES):
        parts += _panel(summary, figure, 10 + index * height_of_panel)
    parts.append(f'<text class="faint" x="8" y="{height - 8}">Median of {summary["rounds"]} rounds; the line is least to greatest. '
                 "† fell behind the fixed rate.</text></svg>")
    return "\n".join(parts) + "\n"
