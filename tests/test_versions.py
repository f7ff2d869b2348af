import subprocess

import pre_gen_project
import pytest
from conftest import Bake, clean_environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
@pytest.mark.parametrize("python", pre_gen_project.PYTHON_VERSIONS)
def test_every_dependency_has_a_wheel(baked: Bake, python: str, platform: str) -> None:
    groups = ["--group", "train", "--group", "dev", "--group", "notebook"]
    only_wheels = ["--only-binary", ":all:", "--no-header", "--quiet"]
    result = subprocess.run(
        ["uv", "pip", "compile", "pyproject.toml", *groups, *only_wheels]
        + ["--python-version", python, "--python-platform", platform],
        cwd=baked(python_version=python),
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "scikit-learn==" in result.stdout
