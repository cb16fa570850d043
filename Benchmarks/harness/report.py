"""Medians and spread, the table, the JSON, and the table's place in the README."""

from pathlib import Path
from statistics import median

from sides import SIDES, Side

FIGURES = {
    "requests_per_s": ("requests/s", 0),
    "cpu_ms_per_request": ("CPU ms/request", 4),
    "rss_mb": ("peak RSS MB", 1),
    "added_p50_ms": ("added p50 ms", 2),
    "added_p99_ms": ("added p99 ms", 2),
}
BEGIN, END = "<!-- table: written by the harness -->", "<!-- end of the table -->"


def summarise(sides: list[Side], rounds: list[dict], round_count: int, machine: dict) -> dict:
    summary: dict = {"rounds": round_count, "sides": {}, "machine": machine}
    for side in sides:
        own = [result for result in rounds if result["side"] == side.name]
        entry: dict = {figure: round(median(r[figure] for r in own), 4) for figure in FIGURES}
        entry["spread"] = {figure: [round(min(r[figure] for r in own), 4), round(max(r[figure] for r in own), 4)] for figure in FIGURES}
        entry["requests"] = own[0]["requests"]
        entry["sustained_rate"] = all(r["sustained"] for r in own)
        entry["idle_cpu_percent"] = round(median(r["idle_cpu_percent"] for r in own), 2)
        summary["sides"][side.name] = entry
    backgrounds = [r["background_cpu_percent"] for r in rounds]
    summary["background_cpu_percent"] = {"median": round(median(backgrounds), 1), "max": round(max(backgrounds), 1)}
    return summary


def _cell(entry: dict, figure: str, digits: int) -> str:
    low, high = entry["spread"][figure]
    mark = "†" if figure.startswith("added") and not entry["sustained_rate"] else ""
    return f"{entry[figure]:,.{digits}f}{mark} ({low:,.{digits}f}–{high:,.{digits}f})"


def table(summary: dict) -> str:
    titles = {side.name: side.title for side in SIDES}
    lines = ["| side | N | " + " | ".join(title for title, _ in FIGURES.values()) + " |", "|---|--:|" + "--:|" * len(FIGURES)]
    for name, entry in summary["sides"].items():
        cells = [_cell(entry, figure, digits) for figure, (_, digits) in FIGURES.items()]
        lines.append(f"| {titles[name]} | {entry['requests']:,} | " + " | ".join(cells) + " |")
    background, machine = summary["background_cpu_percent"], summary["machine"]
    lines += ["", f"Median of {summary['rounds']} interleaved rounds (least–greatest). {machine['cores']} cores, {machine['cpu']}. "
              f"Before each measurement other work kept the machine {background['median']}% busy in the median, "
              f"{background['max']}% at most."]
    if background["max"] > 10:
        lines.append("**The machine was not quiet: small differences in this table mean nothing.**")
    if not all(entry["sustained_rate"] for entry in summary["sides"].values()):
        lines.append("† fell behind the fixed rate: the figure is the length of its queue, not a latency.")
    return "\n".join(lines)


def put_into_readme(readme: Path, text: str) -> None:
    whole = readme.read_text()
    before, rest = whole.split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
