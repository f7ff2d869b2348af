"""The manifests: against the schemas of Kubernetes, and both containers of a pod with Docker."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from baking import bake, text_of
from conftest import Bake
from containers import attempt, build_stand_in, docker, eventually, require_engine

VERSION = "1.37"
LOCKED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


def manifests(project: Path) -> dict[str, Any]:
    """Return every object by its kind."""
    files = sorted((project / "deploy" / "kubernetes").glob("*.yaml"))
    return {each["kind"]: each for path in files for each in yaml.safe_load_all(text_of(path))}


@pytest.fixture(scope="module")
def alone(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with this part only."""
    return bake(template, tmp_path_factory.mktemp("alone"), {"kubernetes": "yes"})


def test_every_manifest_is_valid_and_an_error_is_found(alone: Path) -> None:
    found = manifests(alone)
    assert found.keys() == {"Deployment", "Service", "NetworkPolicy", "ConfigMap"}
    for manifest in found.values():
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    found["Deployment"]["spec"]["replicas"] = "two"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found["Deployment"], VERSION, strict=True)


def test_each_container_is_probed_limited_and_without_rights(alone: Path) -> None:
    pod = manifests(alone)["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}
        assert "readinessProbe" in container
    service = pod["containers"][0]
    assert service["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert service["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_only_the_proxy_of_a_pod_can_be_reached(alone: Path) -> None:
    found = manifests(alone)
    template = found["Deployment"]["spec"]["template"]
    proxy = template["spec"]["containers"][1]
    assert found["Service"]["spec"]["selector"] == template["metadata"]["labels"]
    policy = found["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == template["metadata"]["labels"]
    assert policy["ingress"] == [{"ports": [{"port": proxy["ports"][0]["name"]}]}]
    assert found["Service"]["spec"]["ports"] == [
        {"port": 80, "targetPort": proxy["ports"][0]["name"]}
    ]


def test_the_image_is_that_of_the_owner(baked: Bake) -> None:
    project = baked(kubernetes="yes", github_user="Some-Body")
    service = manifests(project)["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert service["image"] == "ghcr.io/some-body/flight-delay-predictor:v1.0.0"


def test_the_proxy_is_that_of_the_stack(baked: Bake) -> None:
    project = baked(size="everything")
    ours = manifests(project)["ConfigMap"]["data"]["default.conf"]
    theirs = text_of(project / "deploy" / "nginx.conf").partition("\n")[2]
    assert ours.split() == theirs.replace("service:8000", "127.0.0.1:8000").split()


@pytest.fixture(scope="module")
def pod(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Run the service and the proxy with one network, as in a pod, and without rights."""
    require_engine()
    folder = tmp_path_factory.mktemp("conf.d")
    folder.chmod(0o755)
    conf = manifests(everything)["ConfigMap"]["data"]["default.conf"]
    (folder / "default.conf").write_text(conf, encoding="utf-8")
    images = [docker("build", "--quiet", ".", folder=everything), build_stand_in("proxy")]
    shared = ("--detach", *LOCKED, "--tmpfs", "/tmp")
    started = [docker("run", *shared, "--publish", "127.0.0.1::8080", images[0])]
    try:
        mount = ("--volume", f"{folder}:/etc/nginx/conf.d:ro")
        network = ("--network", f"container:{started[0]}")
        started.append(docker("run", *shared, *mount, *network, images[1]))
        yield started
    finally:
        docker("rm", "--force", *reversed(started))


@pytest.mark.slow
def test_a_pod_without_rights_answers_through_its_proxy(pod: list[str]) -> None:
    host, _, port = docker("port", pod[0], "8080/tcp").partition(":")

    def status(path: str) -> int:
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    eventually(lambda: status("/health/ready") == 200)
    assert status("/health/live") == 200
    assert status("/metrics") == 404
    assert attempt("exec", pod[0], "touch", "/app/file").returncode != 0
