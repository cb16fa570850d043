"""Rounds of a drill that are run side by side, each by a process of its own, for they mostly wait."""

import json
import subprocess
import sys

from stage import DrillFailure


def run_rounds(rounds: list[list], at_once: int) -> list[dict]:
    """Runs this program with the arguments of each round, and returns what each says in its last line."""
    figures = []
    for first in range(0, len(rounds), at_once):
        figures += run_together(rounds[first : first + at_once])
    return figures


def run_together(rounds: list[list]) -> list[dict]:
    processes = [
        subprocess.Popen([sys.executable, sys.argv[0], *map(str, words)], stdout=subprocess.PIPE, text=True) for words in rounds]
    try:
        figures = []
        for words, process in zip(rounds, processes):
            output, _ = process.communicate()
            if process.returncode != 0:
                raise DrillFailure(f"the round {' '.join(map(str, words))} ended with {process.returncode}")
            figures.append(json.loads(output.splitlines()[-1]))
        return figures
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def table_of(title: str, rows: list[dict]) -> None:
    """Prints rows that have the same columns."""
    cells = [list(rows[0])] + [[text(value) for value in row.values()] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    print(title)
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def text(value: object) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
