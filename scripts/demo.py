"""Generate the default project, run it as in its README, and request one prediction.

Usage: python scripts/demo.py [--without-make] [FOLDER]     (default: build/demo, which is replaced)
"""

import argparse
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snapshot import TEMPLATE, snapshot

SLUG = "flight-delay-predictor"
READY_SECONDS = 60


def main(folder: Path, *, has_make: bool) -> int:
    """Run the demo and return the exit code."""
    make = with_make if has_make else without_make
    seconds: dict[str, float] = {}
    with timed("generation", seconds):
        project = generate(folder)
    with timed("set-up", seconds):
        make(project, "setup")
    with timed("pipeline", seconds):
        make(project, "pipeline")
    with timed("first answer", seconds):
        answer = ask(project)
    report(project, answer, seconds)
    return 0


@contextmanager
def timed(name: str, seconds: dict[str, float]) -> Iterator[None]:
    """Print the name of a step, and record how many seconds it takes."""
    print(f"\n=== {name}", flush=True)
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def generate(folder: Path) -> Path:
    """Generate the default project in `folder`, replacing an old one, and return its path."""
    project = folder / SLUG
    shutil.rmtree(project, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        template = snapshot(Path(scratch))
        arguments = ["--no-input", "--default-config", "--output-dir", str(folder)]
        run(TEMPLATE, "cookiecutter", str(template), *arguments)
    return project


def with_make(project: Path, target: str) -> None:
    """Run a target of the Makefile."""
    run(project, "make", target)


def without_make(project: Path, target: str) -> None:
    """Run the commands of a target of the Makefile one by one, as on Windows."""
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    for line in recipe.splitlines():
        if line.startswith("\tuv "):  # the others are for a shell
            run(project, *shlex.split(line.split(" | ")[0]))


def script(project: Path, name: str) -> Path:
    """Return the path of a command in the project's environment."""
    return project / ".venv" / ("Scripts" if os.name == "nt" else "bin") / name


def run(folder: Path, *command: str) -> None:
    """Run a command with its output shown; stop the demo if it fails."""
    print(f"$ {' '.join(command)}", flush=True)
    result = subprocess.run(command, cwd=folder, check=False)
    if result.returncode != 0:
        sys.exit(f"demo: `{' '.join(command)}` failed with exit code {result.returncode}")


def ask(project: Path) -> dict[str, object]:
    """Start the service, post the example flight, stop the service, and return the answer."""
    port = free_port()
    with service(project, port):
        body = (project / "reports" / "example.json").read_bytes()
        print(f"POST /predict {json.dumps(json.loads(body))}", flush=True)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/predict", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: dict[str, object] = json.load(response)
    return answer


@contextmanager
def service(project: Path, port: int) -> Iterator[None]:
    """Run `predictor serve` while the block runs; the block starts when the service is ready."""
    command: list[str | Path] = [script(project, "predictor"), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
    try:
        wait_until(process, port)
        yield
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the service as a platform does: terminate it, and kill it after 10 seconds."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(process: subprocess.Popen[bytes], port: int, path: str = "/health/ready") -> None:
    """Return once the service answers `path` with 200; stop the demo if it never does."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"demo: the service stopped at startup, with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"demo: the service was not ready within {READY_SECONDS} s")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def report(project: Path, answer: dict[str, object], seconds: dict[str, float]) -> None:
    """Print the response, the metrics of model and baselines, the times and the next steps."""
    evaluation = json.loads((project / "reports" / "evaluation.json").read_text(encoding="utf-8"))
    print(f"\nanswer: {json.dumps(answer)}")
    print(f"\n{'test: ' + format(evaluation['rows'], ',') + ' flights':24}", end="")
    print("".join(f"{name:>10}" for name in ("model", "linear", "dummy")))
    for metric, value in evaluation["model"].items():
        values = (value, evaluation["linear"][metric], evaluation["dummy"][metric])
        print(f"{metric:24}" + "".join(f"{number:10.4g}" for number in values))
    times = ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items())
    print(f"\n{times}; {sum(seconds.values()):.1f} s in all")
    print(
        f"\nlook next at\n  {project / 'README.md'}  (the numbers above are in it now)"
        f"\n  cd {project}"
        "\n  .venv/bin/predictor serve   http://127.0.0.1:8000/docs"
        "\n  make ui                     http://127.0.0.1:5050"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Generate and run the default project.")
    parser.add_argument("folder", nargs="?", default="build/demo", type=Path)
    parser.add_argument("--without-make", action="store_true", help="run commands as on Windows")
    args = parser.parse_args()
    sys.exit(main(args.folder.resolve(), has_make=not args.without_make))
