"""`predictor compare` and `predictor summary`: compare this run with another commit."""

import json
from typing import Any

from dvc.api import metrics_show

from predictor import params, report, task
from predictor.delivery.proof import output, prove
from predictor.paths import REPORTS, VERDICT
from predictor.rules import Finding

# What decides whether a model is good enough.
CODE = ("rules.py", "*/rules.py", "comparison.py", "promote.py", "evaluate.py", "delivery")
GATE_FILES = ("params.yaml", ".github/workflows", *(f"src/predictor/{name}" for name in CODE))


def compare(revision: str) -> Finding:
    """Compare the loss with the loss recorded in a commit, on the same test rows."""
    output("git", "rev-parse", "--verify", f"{revision}^{{commit}}")
    here, committed, theirs = recorded(None), recorded("HEAD"), recorded(revision)
    tolerance = params.read(params.Evaluate).tolerance
    # `test_version` is a hash of bytes, so on another system this run's can differ from HEAD's.
    if not theirs:
        holds, sentence = True, "the commit has no results"
    elif theirs["test_version"] not in {here["test_version"], committed.get("test_version")}:
        holds, sentence = True, "not compared, because the test rows differ"
    else:
        ours, before = here["model"][task.LOSS], theirs["model"][task.LOSS]
        holds = ours <= before * (1 + tolerance)
        sentence = f"{task.LOSS} {ours:.4g} against {before:.4g}, {tolerance:.1%} more is allowed"
    return Finding(f"not worse than {revision}", holds, sentence, "revert the change")


def summary(revision: str) -> str:
    """Return a report: both commits' metrics, the verdict, the checks and changed rules."""
    here, before = report.read_evaluation(REPORTS), recorded(revision).get("model", {})
    others = {f"`{revision}`": before}
    table = report.render("table.jinja", evaluation=here, others=others)
    verdict = json.loads(VERDICT.read_text(encoding="utf-8"))
    findings = {
        "Gate": [Finding(**each) for each in verdict["findings"]],
        "Checks": [*prove(), compare(revision)],
    }
    lines = [here.headline, "", table.rstrip()]
    for title, each in findings.items():
        said = [f"- {'ok' if it.holds else '**NO**'}: {it.rule}: {it.sentence}" for it in each]
        lines += ["", f"### {title}", "", *said]
    changes = output("git", "diff", "--unified=0", revision, "--", *GATE_FILES)
    changed = ["~~~diff", changes[:20_000], "~~~"] if changes else ["None."]
    lines += ["", f"### Parameters and rules that changed since `{revision}`", "", *changed, ""]
    return "\n".join(lines)


def recorded(revision: str | None) -> dict[str, Any]:
    """Return the metrics of a commit, or of the working tree; nothing if there are none."""
    try:
        return dict(metrics_show(rev=revision))
    except FileNotFoundError:
        return {}
