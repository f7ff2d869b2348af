"""docs/benchmark.svg: one bar for each server, on a linear scale from zero."""

from bench.contenders import CONNECTIONS, NAMES, Key
from bench.report import Results

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 860, 230, 210, 64, 30, 18
TITLE = f"Requests per second, one worker, {CONNECTIONS} connections"
FONT = "-apple-system,Segoe UI,Noto Sans,Helvetica,Arial,sans-serif"
STYLE = """\
.card{fill:#ffffff;stroke:#d0d7de}.text{fill:#1f2328}.faint{fill:#59636e}
.ours{fill:#0969da}.other{fill:#8c959f}
@media(prefers-color-scheme:dark){
.card{fill:#0d1117;stroke:#3d444d}.text{fill:#f0f6fc}.faint{fill:#9198a1}
.ours{fill:#4493f8}.other{fill:#656c76}}"""
OURS = (Key.CORE, Key.EVERYTHING, Key.CORE_HTTPTOOLS)


def svg(results: Results) -> str:
    """Draw the chart; an image in Markdown follows the reader's light or dark mode."""
    scale = (WIDTH - LEFT - RIGHT) / max(results.of(key).rate for key in results.rounds)
    height = TOP + len(results.rounds) * ROW + 14
    bars = [_bar(results, key, TOP + at * ROW, scale) for at, key in enumerate(results.rounds)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="{FONT}" font-size="13" role="img" aria-label="{TITLE}">',
            f"<style>{STYLE}</style>",
            f'<rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="8"/>',
            f'<text class="text" x="24" y="36" font-size="17" font-weight="600">{TITLE}</text>',
            *bars,
            "</svg>\n",
        ]
    )


def _bar(results: Results, key: Key, top: int, scale: float) -> str:
    rate = results.of(key).rate
    kind, weight = ("ours", 600) if key in OURS else ("other", 400)
    width, below = max(1.0, rate * scale), top + 14
    share = (
        f" ({results.ratio(key, Key.EMPTY):.0%} of empty)" if Key.EMPTY in results.rounds else ""
    )
    return (
        f'<text class="text" x="{LEFT - 14}" y="{below}" text-anchor="end" '
        f'font-weight="{weight}">{NAMES[key]}</text>'
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2"/>'
        f'<text class="text" x="{LEFT + width + 8:.1f}" y="{below}">{rate:,.0f}'
        f'<tspan class="faint">{share}</tspan></text>'
    )
