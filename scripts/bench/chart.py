"""docs/benchmark.svg: bars on a linear scale from zero, so that 40 times looks like 40 times."""

from bench.measures import Measured

WIDTH, LEFT, RIGHT = 860, 250, 190
TOP, BAR, GAP, GROUP = 84, 16, 3, 20
STYLE = """\
.card{fill:#ffffff;stroke:#d0d7de}.text{fill:#1f2328}.faint{fill:#59636e}
.c0{fill:#9ec5f4}.c1{fill:#0969da}.c2{fill:#0a3069}
@media(prefers-color-scheme:dark){.card{fill:#0d1117;stroke:#3d444d}.text{fill:#f0f6fc}.faint{fill:#9198a1}
.c0{fill:#a5d6ff}.c1{fill:#4493f8}.c2{fill:#1f5fbf}}"""
FONT = "-apple-system,Segoe UI,Noto Sans,Helvetica,Arial,sans-serif"


def svg(measured: list[Measured]) -> str:
    """Draw one group of bars for each server, one bar for each number of connections."""
    levels = measured[0].levels
    tall = len(levels) * (BAR + GAP) + GROUP
    height = TOP + len(measured) * tall
    longest = max(each.rate(level) for each in measured for level in levels)
    scale = (WIDTH - LEFT - RIGHT) / longest
    groups = [_group(each, measured[0], TOP + at * tall, scale) for at, each in enumerate(measured)]
    title = "Answers a second, one worker, same model, same row"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="{FONT}" font-size="13" role="img" aria-label="{title}">',
            f"<style>{STYLE}</style>",
            f'<rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="8"/>',
            f'<text class="text" x="24" y="34" font-size="17" font-weight="600">{title}</text>',
            *_legend(levels),
            *groups,
            "</svg>\n",
        ]
    )


def _legend(levels: list[int]) -> list[str]:
    return [
        f'<rect class="c{at}" x="{24 + at * 130}" y="50" width="12" height="12" rx="2"/>'
        f'<text class="faint" x="{42 + at * 130}" y="61">{level} connection'
        f"{'s' if level > 1 else ''}</text>"
        for at, level in enumerate(levels)
    ]


def _group(each: Measured, ours: Measured, top: int, scale: float) -> str:
    middle = top + len(each.levels) * (BAR + GAP) / 2 + 3
    weight = ' font-weight="600"' if each is ours else ""
    name = (
        f'<text class="text" x="{LEFT - 14}" y="{middle:.0f}" text-anchor="end"{weight}>'
        f"{each.name}</text>"
    )
    bars = [
        _bar(each, ours, level, at, top + at * (BAR + GAP), scale)
        for at, level in enumerate(each.levels)
    ]
    return "\n".join([name, *bars])


def _bar(each: Measured, ours: Measured, level: int, at: int, top: int, scale: float) -> str:
    rate = each.rate(level)
    width = max(1.0, rate * scale)
    ratio = ours.rate(level) / rate
    more = f", {ratio:.0f} times slower" if ratio >= 2 else ""
    return (
        f'<rect class="c{at}" x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2"/>'
        f'<text class="text" x="{LEFT + width + 8:.1f}" y="{top + 12}" font-size="12">{rate:,.0f}'
        f'<tspan class="faint">{more}</tspan></text>'
    )
