"""`predictor summary`: one run for the reader of a pull request, as Markdown."""

import json
from collections.abc import Iterable

from predictor.evaluation.report import Evaluation
from predictor.project import Project
from predictor.proof.compare import no_worse
from predictor.proof.recorded import Commit
from predictor.proof.reproduce import Proof, Run, proofs
from predictor.report.readme import TITLES, shown

CURVES = "reports/plots/curves.png"


def summary(project: Project, against: str, images: str | None) -> str:
    """Return metrics beside those of another revision, the verdict, the proofs and the plots.

    `images` is the address under which the files of the commit can be seen.
    """
    here = Run.here(project).evaluation
    checks = [*proofs(project), no_worse(project, against)]
    return "\n".join(
        [
            f"## Model on {here.rows:,} test rows{_period(here)}",
            "",
            *table(here, Commit(project, against).evaluation(), against),
            "",
            "### Verdict of the gate",
            "",
            *verdict(project),
            "",
            "### Proofs",
            "",
            *_listed(checks),
            "",
            *_pictures(project, images),
        ]
    )


def table(here: Evaluation, before: Evaluation | None, against: str) -> list[str]:
    """Return one line for each metric of this run, beside the other revision's if it has one."""
    columns = {"This run": here.model, f"`{against}`": before.model if before else {}}
    columns |= {"Linear": here.linear, "Dummy": here.dummy}
    return [
        f"| | {' | '.join(columns)} |",
        "|---|" + "---:|" * len(columns),
        *(
            f"| {title} | {' | '.join(_cell(column.get(name)) for column in columns.values())} |"
            for name, title in TITLES.items()
            if name in here.model
        ),
    ]


def verdict(project: Project) -> list[str]:
    """Return what the gate found, if it has judged."""
    path = project.reports / "verdict.json"
    if not path.is_file():
        return ["The gate has not judged this run."]
    said = json.loads(path.read_text(encoding="utf-8"))
    findings = [Proof(each["holds"], each["sentence"]) for each in said["findings"]]
    return ["**Promoted**" if said["promotes"] else "**Refused**", "", *_listed(findings)]


def _listed(found: Iterable[Proof]) -> list[str]:
    return [f"- {'ok' if proof.holds else '**NO**'}: {proof.sentence}" for proof in found]


def _pictures(project: Project, images: str | None) -> list[str]:
    # A picture is shown from the commit: that of a run that is not committed has no address.
    if images is None or Commit(project, "HEAD").read(CURVES) is None:
        return ["The plots of this run are in the artifact `reports`."]
    return [
        f"![The curves that are committed]({images.rstrip('/')}/{CURVES})",
        "",
        "These are the committed plots; those of this run are in the artifact `reports`.",
    ]


def _cell(value: float | None) -> str:
    return "-" if value is None else shown(value)


def _period(exam: Evaluation) -> str:
    return f", {exam.first} to {exam.last}" if exam.first else ""
