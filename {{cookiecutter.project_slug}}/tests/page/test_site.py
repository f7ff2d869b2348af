import json
from pathlib import Path

import pytest

from predictor.errors import PredictorError
from predictor.features import CALENDAR_PARTS, MISSING, NUMBER_FEATURES
from predictor.page import site
from predictor.page.about import STATIC
from predictor.page.site import build
from predictor.paths import CHAMPION
from predictor.schema import Row


@pytest.fixture
def runtime(promoted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with files that stand for ONNX Runtime's."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for name in site.RUNTIME_FILES:
        (folder / name).write_bytes(b"0")
    monkeypatch.setattr(site, "RUNTIME", folder)
    return folder


@pytest.fixture
def documents(promoted: Path) -> None:
    """Write a card with a picture, two decisions, and a report of live data."""
    for name, text in {
        "MODEL_CARD.md": "---\nlicense: mit\n---\n# Card\n\n![Two](docs/two.svg)\n",
        "docs/two.svg": "<svg/>",
        "docs/decisions/1-split.md": "# Split\n\n[Card](../../MODEL_CARD.md#data) [x](x.py)\n",
        "docs/decisions/2-metric.md": "# Metric\n\n[W](https://example.com)\n",
        "reports/monitoring/report.html": "<p>live</p>",
    }.items():
        (promoted / name).parent.mkdir(parents=True, exist_ok=True)
        (promoted / name).write_text(text, encoding="utf-8")


def test_the_site_has_the_champion_and_all_that_the_page_loads(
    runtime: Path, tmp_path: Path
) -> None:
    build(tmp_path / "site")
    model, index = tmp_path / "site" / "model", (tmp_path / "site" / "index.html").read_text()
    assert (model / "model.onnx").read_bytes() == (CHAMPION / "model.onnx").read_bytes()
    assert {path.name for path in (tmp_path / "site" / "onnxruntime").iterdir()} == set(
        site.RUNTIME_FILES
    )
    assert json.loads((model / "row.json").read_text()) == Row.model_json_schema()
    numbers = json.loads((model / "features.json").read_text())["numbers"]
    assert [f"{name}.{part}" if part else name for name, part in numbers] == NUMBER_FEATURES
    assert 'data-backend="./browser.js"' in index
    assert "script-src 'self' 'wasm-unsafe-eval'" in index
    assert "The whole site has 0." in index


def test_the_script_computes_every_calendar_part() -> None:
    script = (STATIC / "browser.js").read_text(encoding="utf-8")
    assert [part for part in CALENDAR_PARTS if f"  {part}: (time)" not in script] == []
    assert f'"{MISSING}"' in script


def test_a_missing_runtime_is_named_with_its_command(runtime: Path, tmp_path: Path) -> None:
    (runtime / site.RUNTIME_FILES[0]).unlink()
    with pytest.raises(PredictorError, match="npm ci --ignore-scripts --prefix src/predictor"):
        build(tmp_path / "site")


def test_documents_become_pages_with_their_pictures(
    runtime: Path, documents: None, tmp_path: Path
) -> None:
    build(tmp_path / "site")
    card, decisions = (
        (tmp_path / "site" / f"{name}.html").read_text(encoding="utf-8")
        for name in ("model-card", "decisions")
    )
    assert "license" not in card
    assert '<h2>Card</h2>\n<p><img src="docs/two.svg" alt="Two" /></p>' in card
    assert (tmp_path / "site" / "docs" / "two.svg").read_text() == "<svg/>"
    assert decisions.index("<h2>Split</h2>") < decisions.index("<h2>Metric</h2>")
    assert '<a href="model-card.html">Card</a> <a>x</a>' in decisions
    assert '<a href="https://example.com">W</a>' in decisions
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '<a href="reports/monitoring/report.html">Live data</a>' in index
    assert (tmp_path / "site" / "reports" / "monitoring" / "report.html").exists()


def test_the_results_of_the_readme_are_a_page_and_nothing_else_of_it(
    runtime: Path, tmp_path: Path
) -> None:
    build(tmp_path / "site")
    result = (tmp_path / "site" / "result.html").read_text(encoding="utf-8")
    assert '<figure tabindex="0"><table>' in result
    assert '<th class="right">Linear</th>' in result
    assert "style=" not in result
    assert "The end." not in result
    assert (tmp_path / "site" / "reports" / "champion" / "curves.svg").exists()
