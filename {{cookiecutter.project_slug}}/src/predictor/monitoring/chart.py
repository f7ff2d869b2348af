"""`reports/replay`: a table, a chart and five sentences about a replay."""

from collections import Counter
from pathlib import Path

import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure

from predictor import task
from predictor.monitoring.replay import Period
from predictor.paths import REPORTS, write_text

FOLDER = REPORTS / "replay"
SECOND = "brier" if "brier" in task.TITLES else task.LOSS
MARKS = {"promoted": ("^", "#2da44e"), "refused": ("X", "#d1483f"), "error": ("s", "#bf8700")}


def write(name: str, periods: list[Period]) -> Path:
    """Write the page and the chart of a replay, and return the path of the page."""
    draw(FOLDER / f"{name}.svg", periods)
    both = (task.HEADLINE, SECOND)
    heads = [f"{metric}: {model}" for metric in both for model in ("frozen", "loop")]
    rows = [
        ["Period", "Rows", *heads, "At the end", "Alarms"],
        ["---", *["---:"] * 5, "---", "---"],
    ]
    for each in periods:
        numbers = [f"{found[metric]:.4g}" for metric in both for found in (each.frozen, each.loop)]
        rows.append([each.name, f"{each.rows:,}", *numbers, each.action, ", ".join(each.alarms)])
    lines = ["# Replay", "", f"![Frozen against loop]({name}.svg)", "", *sentences(periods), ""]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    write_text(FOLDER / f"{name}.md", "\n".join(lines) + "\n")
    return FOLDER / f"{name}.md"


def table(periods: list[Period], metric: str) -> pd.DataFrame:
    """Return a metric of both models in each period."""
    values = {each.name: (each.frozen[metric], each.loop[metric]) for each in periods}
    return pd.DataFrame.from_dict(values, orient="index", columns=["frozen", "loop"])


def sentences(periods: list[Period]) -> list[str]:
    """Return five sentences with what was measured."""
    rows = pd.Series({each.name: each.rows for each in periods})
    headline, second = (table(periods, metric) for metric in (task.HEADLINE, SECOND))
    means, others = (each.mul(rows, axis=0).sum() / rows.sum() for each in (headline, second))
    gain = headline["frozen"] - headline["loop"]
    actions = Counter(each.action.partition(":")[0] for each in periods)
    alarms = Counter(alarm for each in periods for alarm in each.alarms)
    often = f", most often {alarms.most_common(1)[0][0]}" if alarms else ""
    return [
        f"- {rows.sum():,} rows of {len(periods)} periods were asked, from {periods[0].name} to "
        f"{periods[-1].name}.",
        f"- {task.HEADLINE} was {means['loop']:,.4g} with the loop and {means['frozen']:,.4g} with "
        f"the first model, frozen: {means['loop'] / means['frozen'] - 1:+.1%}.",
        f"- {SECOND} was {others['loop']:.4g} with the loop and {others['frozen']:.4g} frozen.",
        f"- The loop helped most in {gain.idxmax()}: {task.HEADLINE} was {gain.max():,.3g} lower; "
        f"it was better than the first model in {(gain > 0).sum()} periods.",
        f"- {actions['promoted']} models were promoted and {actions['refused']} refused; "
        f"{sum(bool(each.alarms) for each in periods)} periods had an alarm{often}.",
    ]


def draw(path: Path, periods: list[Period]) -> None:
    """Draw both metrics, period by period, with marks for what happened at the end of each."""
    with style.context(["predictor.plots", {"legend.frameon": False, "axes.titlesize": 11}]):
        figure = Figure(figsize=(9, 5.6))
        panels = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        for axes, metric in zip(panels, (task.HEADLINE, SECOND), strict=True):
            found = table(periods, metric)
            axes.plot(found["frozen"], "o-", color="C1", markersize=4, label="first model, frozen")
            axes.plot(found["loop"], "o-", color="C0", markersize=4, label="with the loop")
            axes.fill_between(found.index, *found.to_numpy().T, color="C0", alpha=0.12, linewidth=0)
            axes.set_title(task.TITLES[metric], loc="left")
            axes.grid(axis="y", color="C1", alpha=0.2)
        for action, (marker, colour) in MARKS.items():
            at = [each.name for each in periods if each.action.startswith(action)]
            values = table(periods, task.HEADLINE).loc[at, "loop"]
            if at:
                panels[0].scatter(at, values, 90, colour, marker, label=action, zorder=3)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
