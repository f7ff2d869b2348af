"""The project's documents, rewritten for another table; comments and the owner's words stay."""

import io
import re
from functools import partial

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from predictor.contract import Contract, Task
from predictor.params import Params

NOTHING_MEASURED = {
    "results": "*Not measured yet: `make` (or `uv run predictor pipeline`) measures the model and "
    "writes the numbers here.*",
    "answer": "*Not measured yet: `make` writes the real answer here.*",
}
CLAIM = """> Write here the question that the model answers for one row.

Write here who decides what with the answer, and what a mistake costs."""
PLOTS = {
    "binary": {
        "roc": ("Receiver operating characteristic", "false_positive_rate", "true_positive_rate"),
        "calibration": ("Calibration", "predicted", "observed"),
    },
    "multiclass": {"confusion": ("Confusion", "predicted", "actual")},
    "regression": {"predicted": ("Predicted and observed", "predicted", "observed")},
}


def contract_text(contract: Contract) -> str:
    """Return `contract.yaml`, without the keys that say nothing."""
    content = contract.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    for name, column in contract.columns.items():
        content["columns"][name] = {"type": column.type, **content["columns"][name]}
    head = (
        "# The one description of the data. Validation, preprocessing, the API's request and its "
        "errors follow from it.\n"
    )
    # PyYAML reads it back: what it would take for a truth or a number (yes, 1:30), it quotes
    return head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def params_text(text: str, path: str, chosen: Params) -> str:
    """Return `params.yaml` with another source, and the exam and the model of `chosen`."""
    params = _load(text)
    params["ingest"] = CommentedMap(source="table", path=path)
    params["ingest"].yaml_add_eol_comment("a module of predictor.sources", "source")
    params["ingest"].yaml_add_eol_comment("versioned by DVC", "path")
    params["prepare"]["test_months"] = chosen.prepare.test_months
    params["train"]["model"] = chosen.train.model
    return _separated(_dump(params))


def pipeline_text(text: str, path: str, task: Task) -> str:
    """Return `dvc.yaml` that depends on the table and shows the plots of the task."""
    pipeline = _load(text)
    ingest = pipeline["stages"]["ingest"]
    ingest["desc"] = "The rows of the table with the types of the contract"
    kept = [each for each in ingest["deps"] if not each.startswith("data/")]
    ingest["deps"] = sorted([*kept, path])
    pipeline["plots"] = [
        {
            name: {
                "title": f"{title} on the test rows",
                "template": "confusion" if task == "multiclass" else _template(task),
                "x": x,
                "y": {f"reports/plots/{name}.csv": y},
            }
        }
        for name, (title, x, y) in PLOTS[task].items()
    ]
    return _dump(pipeline)


def package_text(text: str) -> str:
    """Return `pyproject.toml` without the packages of the bundled data and their description."""
    text = re.sub(r"^.*# bundled data\n", "", text, flags=re.MULTILINE)
    described = 'description = "Write here what the project predicts."'
    return re.sub(r"^description = .*$", described, text, count=1, flags=re.MULTILINE)


def readme_text(text: str) -> str:
    """Return the README with empty results, a claim to write, and nothing of the bundled data."""
    text = re.sub(r"<!-- bundled:begin -->.*?<!-- bundled:end -->\n?", "", text, flags=re.DOTALL)
    for name, block in {"claim": CLAIM, **NOTHING_MEASURED}.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        # a function, because a text would have its backslashes read
        replace = partial(_always, f"{begin}\n{block}\n{end}")
        text = re.sub(pattern, replace, text, flags=re.DOTALL)
    return text


def remote_text(text: str) -> str:
    """Return `.dvc/config` with a remote inside the repository, if it has no remote yet."""
    if "remote" in text:
        return text
    return (
        f"{text.rstrip()}\n    remote = repository\n['remote \"repository\"']\n    url = remote\n"
    )


def keeps_data_elsewhere(text: str) -> bool:
    """Say whether the default remote of `.dvc/config` is one outside the repository."""
    default = re.search(r"^\s*remote = (\S+)", text, re.MULTILINE)
    return default is not None and default[1] != "repository"


def _always(text: str, _: re.Match[str]) -> str:
    return text


def _template(task: Task) -> str:
    return "scatter" if task == "regression" else "linear"


def _yaml() -> YAML:
    careful = YAML()
    careful.width = 120
    careful.indent(mapping=2, sequence=4, offset=2)
    return careful


def _load(text: str) -> CommentedMap:
    loaded: CommentedMap = _yaml().load(text)
    return loaded


def _dump(content: object) -> str:
    stream = io.StringIO()
    _yaml().dump(content, stream)
    return stream.getvalue()


def _separated(text: str) -> str:
    """Put one blank line before every group and its comment, which a replaced group has lost."""
    lines: list[str] = []
    for line in text.splitlines():
        begins = bool(line) and not line[0].isspace()
        if begins and lines and lines[-1] and not lines[-1].startswith("#"):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"
