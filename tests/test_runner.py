"""The runner itself, on workflows of a few lines."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest
from workflow.document import Workflow, WorkflowError, legs
from workflow.machine import Event, assignments
from workflow.runner import Run, Runner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the runner runs Linux legs")

CHECKOUT = """\
- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
  with:
    persist-credentials: false
"""
UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"


@pytest.fixture
def event(tmp_path: Path) -> Event:
    """Return a push of a repository with one file."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "file.txt").write_text("hello\n", encoding="utf-8")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        (*identity, "commit", "--quiet", "--message", "Start"),
    ):
        subprocess.run(["git", "-C", repository, *command], check=True)
    sha = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True)
    return Event(repository, "push", "refs/heads/main", sha.strip())


def job(steps: str, extra: str = "") -> str:
    head = f"runs-on: ubuntu-latest\ntimeout-minutes: 1\n{dedent(extra)}"
    return f"{head}steps:\n{indent(dedent(steps), '  ')}\n"


def workflow(folder: Path, **jobs: str) -> Workflow:
    path = folder / "w.yml"
    listed = "".join(f"  {name}:\n{indent(text, '    ')}" for name, text in jobs.items())
    text = f"name: w\non:\n  push:\npermissions: {{}}\njobs:\n{listed}"
    path.write_text(text, encoding="utf-8")
    return Workflow.read(path)


def run(event: Event, tmp_path: Path, **jobs: str) -> Run:
    return Runner(event, tmp_path / "run").run(workflow(tmp_path, **jobs))


def test_a_step_sees_the_clone_and_a_failing_command_ends_it(event: Event, tmp_path: Path) -> None:
    steps = CHECKOUT + "- run: cat file.txt; git status --short\n- run: |\n    false\n    echo on\n"
    ended = run(event, tmp_path, one=job(steps)).jobs["one"]
    assert ended.result == "failure"
    assert ended.legs[0].why == "false ended with 1"
    assert "hello" in ended.log
    assert "echo on" not in ended.log.splitlines()
    assert "\non\n" not in ended.log


def test_a_pipe_fails_only_where_the_shell_is_named(event: Event, tmp_path: Path) -> None:
    plain, named = "- run: false | cat\n", "- run: false | cat\n  shell: bash\n"
    ended = run(event, tmp_path, plain=job(plain), named=job(named))
    assert ended.results == {"plain": "success", "named": "failure"}


def test_the_files_of_github_carry_values_to_later_steps(event: Event, tmp_path: Path) -> None:
    steps = """
    - id: first
      run: |
        echo "color=red" >> "$GITHUB_OUTPUT"
        echo "SHAPE=round" >> "$GITHUB_ENV"
        mkdir tools && printf '#!/bin/sh\\necho made here' > tools/mine && chmod +x tools/mine
        echo "$PWD/tools" >> "$GITHUB_PATH"
        echo "# Title" >> "$GITHUB_STEP_SUMMARY"
    - run: echo "$COLOR $SHAPE $(mine)"
      env:
        COLOR: ${{ steps.first.outputs.color }}
    """
    ended = run(event, tmp_path, one=job(steps)).jobs["one"]
    assert ended.result == "success", ended.log
    assert "red round made here" in ended.log
    assert ended.legs[0].summary == "# Title\n"


def test_assignments_may_have_several_lines() -> None:
    assert assignments("a=1=2\nb<<END\nx\ny=z\nEND\nc=\n") == {"a": "1=2", "b": "x\ny=z", "c": ""}


def test_jobs_wait_for_those_they_need_and_are_skipped_after_a_failure(
    event: Event, tmp_path: Path
) -> None:
    ended = run(
        event,
        tmp_path,
        last=job(
            "- run: echo ${{ join(needs.*.result, ' ') }}", "needs: [bad, after]\nif: always()\n"
        ),
        after=job("- run: echo never", "needs: bad\n"),
        bad=job("- run: exit 3"),
    )
    assert ended.results == {"bad": "failure", "after": "skipped", "last": "success"}
    assert "failure skipped" in ended.jobs["last"].log


def test_outputs_and_artifacts_reach_other_jobs(event: Event, tmp_path: Path) -> None:
    making = f"""
    - id: say
      run: mkdir -p out/deep && echo deep > out/deep/a.txt && echo "word=hi" >> "$GITHUB_OUTPUT"
    - uses: {UPLOAD}
      with:
        name: things
        path: out/
    """
    using = f"""
    - uses: {DOWNLOAD}
      with:
        name: things
    - run: echo "$WORD" "$(cat deep/a.txt)"
      env:
        WORD: ${{{{ needs.making.outputs.word }}}}
    """
    outputs = "outputs:\n  word: ${{ steps.say.outputs.word }}\n"
    jobs = {"making": job(making, outputs), "using": job(using, "needs: making\n")}
    ended = run(event, tmp_path, **jobs)
    assert ended.results == {"making": "success", "using": "success"}, ended.jobs["using"].log
    assert "hi deep" in ended.jobs["using"].log


def test_legs_of_other_systems_are_told_apart_and_never_pass(event: Event, tmp_path: Path) -> None:
    matrix = """
    strategy:
      matrix:
        os: [ubuntu-latest, windows-latest]
    """
    steps = "- run: echo ${{ matrix.os }}"
    text = job(steps, matrix).replace("runs-on: ubuntu-latest", "runs-on: ${{ matrix.os }}")
    ended = run(event, tmp_path, one=text)
    assert [leg.result for leg in ended.jobs["one"].legs] == ["success", "not here"]
    assert "it runs on windows-latest" in ended.table()
    elsewhere = workflow(tmp_path, one=text.replace("ubuntu-latest, ", ""))
    with pytest.raises(WorkflowError, match=r"no leg of jobs\.one can run here"):
        Runner(event, tmp_path / "again").run(elsewhere)


def test_legs_that_nobody_wants_are_left_out_and_never_pass(event: Event, tmp_path: Path) -> None:
    matrix = "strategy:\n  matrix:\n    word: [one, two]\n"
    text = job("- run: echo ${{ matrix.word }}", matrix)
    ended = Runner(event, tmp_path / "run", only={"word": "two", "other": "x"}).run(
        workflow(tmp_path, one=text)
    )
    assert [leg.result for leg in ended.jobs["one"].legs] == ["not here", "success"]
    assert "only word: two, other: x is wanted" in ended.table()


def test_a_python_that_is_not_installed_is_said(event: Event, tmp_path: Path) -> None:
    setup = """
    - uses: astral-sh/setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d
      with:
        python-version: "3.99"
    """
    ended = Runner(event, tmp_path / "run")
    with pytest.raises(WorkflowError, match=r"Python 3\.99 is not installed on this machine"):
        ended.run(workflow(tmp_path, one=job(setup)))


def test_include_extends_what_it_fits_and_adds_the_rest() -> None:
    matrix = {
        "os": ["a", "b"],
        "python": [1, 2],
        "include": [{"os": "a", "extra": True}, {"os": "c"}, {"os": "d", "python": 1}],
    }
    assert legs({"matrix": matrix}) == [
        {"os": "a", "python": 1, "extra": True},
        {"os": "a", "python": 2, "extra": True},
        {"os": "b", "python": 1},
        {"os": "b", "python": 2},
        {"os": "c"},
        {"os": "d", "python": 1},
    ]
    assert legs({}) == [{}]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (job("- uses: actions/setup-java@v4"), "'actions/setup-java@v4' is not known here"),
        (job("- uses: actions/checkout@v4"), "not pinned by commit"),
        (job(CHECKOUT.replace("false", "true")), "must say persist-credentials: false"),
        (job(CHECKOUT + "    lfs: true"), "does not know the input 'lfs'"),
        (job("- run: ls\n  shell: pwsh"), "the shell 'pwsh' is not known"),
        (job("- run: ls\n  continue-on-error: true"), "does not know 'continue-on-error'"),
        (job("- run: ls", "services: {}\n"), "does not know 'services'"),
        (job("- run: ls", "needs: nobody\n"), "needs 'nobody', which is no job"),
        (job("- run: ls", "needs: one\n"), "need each other in a circle"),
        (job("- name: nothing"), "needs either run or uses"),
    ],
)
def test_what_the_runner_does_not_know_is_an_error(
    event: Event, tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(WorkflowError, match=complaint):
        run(event, tmp_path, one=text)


def test_a_workflow_for_other_events_does_not_run(event: Event, tmp_path: Path) -> None:
    release = Event(event.repository, "release", event.ref, event.sha)
    with pytest.raises(WorkflowError, match="does not run on release"):
        Runner(release, tmp_path / "run").run(workflow(tmp_path, one=job("- run: ls")))


def test_a_job_that_takes_too_long_is_ended(event: Event, tmp_path: Path) -> None:
    slow = job("- run: sleep 60").replace("timeout-minutes: 1", "timeout-minutes: 0.01")
    ended = run(event, tmp_path, one=slow).jobs["one"]
    assert ended.result == "failure"
    assert "longer than timeout-minutes" in ended.log


@pytest.mark.parametrize(("permission", "result"), [("write", "success"), ("read", "failure")])
def test_gh_notes_the_call_and_judges_the_token(
    event: Event, tmp_path: Path, permission: str, result: str
) -> None:
    steps = """
    - run: echo body > b.md && gh pr comment 7 --body-file b.md
      env:
        GH_TOKEN: ${{ github.token }}
        GH_REPO: ${{ github.repository }}
    """
    text = job(steps, f"permissions:\n  pull-requests: {permission}\n")
    assert run(event, tmp_path, one=text).results == {"one": result}
    log = tmp_path / "run" / "artifacts" / "gh.jsonl"
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    assert [call["body"] for call in calls] == (["body\n"] if result == "success" else [])


def test_a_step_does_not_see_the_machine_of_the_tests(
    event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    steps = "- run: env; command -v pytest uv || echo no tools\n"
    log = run(event, tmp_path, one=job(steps)).jobs["one"].log
    assert "no tools" in log
    assert not any(name in log for name in ("GIT_AUTHOR", "MLFLOW", "VIRTUAL_ENV"))


LOGIN = """
- uses: docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121
  with:
    registry: ghcr.io
    username: ${{ github.actor }}
    password: ${{ github.token }}
"""
PUSH = """
- id: push
  uses: docker/build-push-action@53b7df96c91f9c12dcc8a07bcb9ccacbed38856a
  with:
    context: .
    file: Dockerfile
    push: true
    tags: ghcr.io/somebody/repository:v1
    labels: a=b
    build-args: A=b
"""
ATTEST = """
- uses: actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32
  with:
    subject-name: ghcr.io/somebody/repository
    subject-digest: sha256:0
    push-to-registry: true
"""
SIGNING = "  id-token: write\n  attestations: write\n"


@pytest.mark.parametrize(
    ("steps", "permissions", "complaint"),
    [
        (LOGIN, "  packages: read\n", "no permission packages: write"),
        (PUSH, "  packages: write\n", "nobody has logged in to push"),
        (ATTEST, "  packages: write\n", "no permission id-token: write"),
        (ATTEST.replace("somebody", "Somebody"), SIGNING, "it takes lower case"),
        (ATTEST, SIGNING, "nobody has logged in to push"),
        (LOGIN + ATTEST, f"{SIGNING}  packages: write\n", "sha256:0 was not pushed"),
    ],
)
def test_an_image_needs_a_login_and_a_proof_needs_a_pushed_image(
    event: Event, tmp_path: Path, steps: str, permissions: str, complaint: str
) -> None:
    text = job(steps, f"permissions:\n{permissions}")
    ended = run(event, tmp_path, one=text).jobs["one"]
    assert ended.result == "failure"
    assert complaint in ended.log


def test_an_image_is_built_from_the_workspace_or_not_at_all(event: Event, tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="must say context"):
        run(event, tmp_path, one=job(PUSH.replace("context: .\n    ", "")))


def test_a_release_without_the_archive_it_names_fails(event: Event, tmp_path: Path) -> None:
    steps = """
    - run: echo notes > n.md && gh release create v1 --notes-file n.md "$ARCHIVE"
      env:
        ARCHIVE: model.tar.gz
        GH_TOKEN: ${{ github.token }}
        GH_REPO: ${{ github.repository }}
    """
    text = job(steps, "permissions:\n  contents: write\n")
    made = text.replace("echo notes >", "touch model.tar.gz && echo notes >")
    ended = run(event, tmp_path, missing=text, made=made)
    assert ended.results == {"missing": "failure", "made": "success"}
    assert "no matches found for `model.tar.gz`" in ended.jobs["missing"].log


def test_a_clone_of_everything_has_the_tags(event: Event, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", event.repository, "tag", "v1"], check=True)
    steps = "- run: git describe --tags\n"
    deep = run(event, tmp_path, one=job(f"{CHECKOUT}    fetch-depth: 0\n{steps}")).jobs["one"]
    assert deep.log.splitlines()[-1] == "v1"


def test_a_pushed_tag_is_the_name_of_its_ref(event: Event, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", event.repository, "tag", "v1"], check=True)
    tag = Event(event.repository, "push", "refs/tags/v1", event.sha)
    ended = run(tag, tmp_path, one=job(f"{CHECKOUT}- run: echo ${{{{ github.ref_name }}}}\n"))
    assert ended.jobs["one"].log.splitlines()[-1] == "v1"
