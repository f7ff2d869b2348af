"""The runner itself, on workflows of a few lines."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest
from workflow.document import Workflow, WorkflowError
from workflow.machine import Event
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
    """Return a push of a repository with one file and a tag."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "file.txt").write_text("hello\n", encoding="utf-8")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        (*identity, "commit", "--quiet", "--message", "Start"),
        ("tag", "v1"),
    ):
        subprocess.run(["git", "-C", repository, *command], check=True)
    sha = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True)
    return Event(repository, "push", "refs/heads/main", sha.strip())


def job(steps: str, extra: str = "permissions: {}\n") -> str:
    head = f"runs-on: ubuntu-latest\ntimeout-minutes: 1\n{dedent(extra)}"
    return f"{head}steps:\n{indent(dedent(steps), '  ')}\n"


def workflow(folder: Path, **jobs: str) -> Workflow:
    path = folder / "w.yml"
    listed = "".join(f"  {name}:\n{indent(text, '    ')}" for name, text in jobs.items())
    path.write_text(f"name: w\non:\n  push:\njobs:\n{listed}", encoding="utf-8")
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


def test_the_files_of_github_carry_values_to_later_steps(event: Event, tmp_path: Path) -> None:
    steps = """
    - id: first
      run: |
        echo "color=red" >> "$GITHUB_OUTPUT"
        echo "# Title" >> "$GITHUB_STEP_SUMMARY"
    - run: echo "it is $COLOR"
      env:
        COLOR: ${{ steps.first.outputs.color }}
    """
    ended = run(event, tmp_path, one=job(steps)).jobs["one"]
    assert ended.result == "success", ended.log
    assert "it is red" in ended.log
    assert ended.legs[0].summary == "# Title\n"


def test_jobs_wait_for_those_they_need_and_are_skipped_after_a_failure(
    event: Event, tmp_path: Path
) -> None:
    last = "needs: [bad, after]\nif: always()\npermissions: {}\n"
    ended = run(
        event,
        tmp_path,
        last=job("- run: echo ${{ join(needs.*.result, ' ') }}", last),
        after=job("- run: echo never", "needs: bad\npermissions: {}\n"),
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
    outputs = "permissions: {}\noutputs:\n  word: ${{ steps.say.outputs.word }}\n"
    jobs = {
        "making": job(making, outputs),
        "using": job(using, "needs: making\npermissions: {}\n"),
    }
    ended = run(event, tmp_path, **jobs)
    assert ended.results == {"making": "success", "using": "success"}, ended.jobs["using"].log
    assert "hi deep" in ended.jobs["using"].log


def test_legs_of_other_systems_are_told_apart_and_never_pass(event: Event, tmp_path: Path) -> None:
    matrix = "permissions: {}\nstrategy:\n  matrix:\n    os: [ubuntu-latest, windows-latest]\n"
    text = job("- run: echo ${{ matrix.os }}", matrix)
    text = text.replace("runs-on: ubuntu-latest", "runs-on: ${{ matrix.os }}")
    ended = run(event, tmp_path, one=text)
    assert [leg.result for leg in ended.jobs["one"].legs] == ["success", "not here"]
    assert "it runs on windows-latest" in ended.table()
    elsewhere = workflow(tmp_path, one=text.replace("ubuntu-latest, ", ""))
    with pytest.raises(WorkflowError, match=r"no leg of jobs\.one can run here"):
        Runner(event, tmp_path / "again").run(elsewhere)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (job("- uses: actions/setup-java@v4"), "'actions/setup-java@v4' is not known here"),
        (job("- uses: actions/checkout@v4"), "not pinned by commit"),
        (job(CHECKOUT.replace("false", "true")), "must say persist-credentials: false"),
        (job(CHECKOUT + "    lfs: true"), "does not know the input 'lfs'"),
        (job("- run: ls\n  continue-on-error: true"), "does not know 'continue-on-error'"),
        (job("- run: ls", "services: {}\n"), "does not know 'services'"),
        (job("- run: ls", "strategy:\n  matrix:\n    include: []\n"), "does not know 'include'"),
        (job("- run: ls", "permissions: {}\nneeds: nobody\n"), "'nobody' is needed and is no job"),
        (job("- run: ls", "permissions: {}\nneeds: one\n"), "need each other in a circle"),
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


def test_a_step_does_not_see_the_machine_of_the_tests(
    event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    log = run(event, tmp_path, one=job("- run: env; command -v pytest || echo none\n")).jobs["one"]
    assert "none" in log.log
    assert not any(name in log.log for name in ("GIT_AUTHOR", "MLFLOW", "VIRTUAL_ENV"))


def test_a_clone_of_everything_has_the_tags(event: Event, tmp_path: Path) -> None:
    steps = f"{CHECKOUT}    fetch-depth: 0\n- run: git describe --tags\n"
    assert run(event, tmp_path, one=job(steps)).jobs["one"].log.splitlines()[-1] == "v1"


def test_a_pushed_tag_is_the_name_of_its_ref(event: Event, tmp_path: Path) -> None:
    tag = Event(event.repository, "push", "refs/tags/v1", event.sha)
    ended = run(tag, tmp_path, one=job(f"{CHECKOUT}- run: echo ${{{{ github.ref_name }}}}\n"))
    assert ended.jobs["one"].log.splitlines()[-1] == "v1"


GH = "  env:\n    GH_TOKEN: ${{ github.token }}\n    GH_REPO: ${{ github.repository }}\n"


@pytest.mark.parametrize(("permission", "result"), [("write", "success"), ("read", "failure")])
def test_gh_notes_the_call_and_judges_the_token(
    event: Event, tmp_path: Path, permission: str, result: str
) -> None:
    steps = f"- run: echo body > b.md && gh pr comment 7 --body-file b.md\n{GH}"
    text = job(steps, f"permissions:\n  pull-requests: {permission}\n")
    assert run(event, tmp_path, one=text).results == {"one": result}
    log = tmp_path / "run" / "artifacts" / "gh.jsonl"
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    assert [call["body"] for call in calls] == (["body\n"] if result == "success" else [])


def test_gh_publishes_a_release_once_and_with_its_archive(event: Event, tmp_path: Path) -> None:
    steps = f"- run: echo notes > n.md; gh release create v1 --notes-file n.md a.tar.gz\n{GH}"
    missing = job(steps, "permissions:\n  contents: write\n")
    made = missing.replace("echo notes", "touch a.tar.gz; echo notes")
    ended = run(event, tmp_path, missing=missing)
    assert "no matches found for `a.tar.gz`" in ended.jobs["missing"].log
    assert run(event, tmp_path, made=made).results == {"made": "success"}
    again = run(event, tmp_path, again=made)
    assert "a release with the tag v1 exists already" in again.jobs["again"].log


LOGIN = """
- uses: docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121
  with:
    registry: ghcr.io
    username: ${{ github.actor }}
    password: ${{ github.token }}
"""
PUSH = """
- uses: docker/build-push-action@53b7df96c91f9c12dcc8a07bcb9ccacbed38856a
  with:
    context: .
    push: true
    tags: ghcr.io/somebody/repository:v1
    labels: a=b
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
def test_an_image_needs_a_login_and_an_attestation_a_pushed_image(
    event: Event, tmp_path: Path, steps: str, permissions: str, complaint: str
) -> None:
    ended = run(event, tmp_path, one=job(steps, f"permissions:\n{permissions}")).jobs["one"]
    assert ended.result == "failure"
    assert complaint in ended.log
