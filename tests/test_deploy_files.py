"""What can be said about deploy/ without an engine."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from baking import bake, text_of

KUBERNETES = "1.37"
PINNED = re.compile(r".+:[\w.-]*\d[\w.-]*")


@pytest.fixture(scope="module")
def deploy(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy")
    return bake(template, folder, {"github_user": "Some-Body"}) / "deploy"


def services(deploy: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text_of(deploy / "compose.yaml"))["services"]
    return loaded


def objects(deploy: Path) -> dict[str, Any]:
    documents = yaml.safe_load_all(text_of(deploy / "kubernetes" / "predictor.yaml"))
    return {document["kind"]: document for document in documents}


def test_every_service_is_bounded_restarted_and_checked(deploy: Path) -> None:
    found = services(deploy)
    assert found.keys() == {"api", "mlflow", "postgres", "s3", "prometheus"}
    for name, service in found.items():
        assert service["restart"] == "unless-stopped", name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert "no-new-privileges:true" in service["security_opt"], name
        image = deploy / name / "Dockerfile"
        assert "healthcheck" in service or "HEALTHCHECK" in text_of(image), name
        assert "build" in service or PINNED.fullmatch(service["image"]), name


def test_what_is_ours_runs_read_only_and_without_rights(deploy: Path) -> None:
    for name in ("api", "mlflow", "prometheus"):
        service = services(deploy)[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_every_published_port_is_on_loopback(deploy: Path) -> None:
    ports = [port for service in services(deploy).values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_password_stands_in_a_file(deploy: Path) -> None:
    secret = re.compile(r"PASSWORD|SECRET")
    given = {
        (service, variable): value
        for service, content in services(deploy).items()
        for variable, value in content.get("environment", {}).items()
        if secret.search(variable) or secret.search(str(value))
    }
    assert len(given) == 4
    for value in given.values():
        assert re.search(r"\$\{\w+:\?run `uv run predictor stack`\}", value)


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "mlflow/Dockerfile"])
def test_a_dockerfile_asks_no_registry_for_more_than_its_base(
    deploy: Path, dockerfile: str
) -> None:
    text = text_of(deploy / dockerfile)
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert bases - stages == {"${BASE}"}
    assert "ARG BASE=python:3.11-slim-bookworm\n" in text
    assert "syntax=" not in text


def test_the_context_is_a_list_of_what_is_allowed(deploy: Path) -> None:
    lines = text_of(deploy.parent / ".dockerignore").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert [rule for rule in rules if rule.startswith("!")] == [
        *("!pyproject.toml", "!uv.lock", "!README.md", "!LICENSE"),
        *("!src", "!models/champion.json", "!models/releases"),
    ]


def test_the_manifests_keep_to_the_schemas_of_kubernetes(deploy: Path) -> None:
    found = objects(deploy)
    assert len(found) == 5
    for document in found.values():
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    found["Deployment"]["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found["Deployment"], KUBERNETES, strict=True)


def test_the_pod_is_probed_bounded_and_nobody(deploy: Path) -> None:
    pod = objects(deploy)["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "ghcr.io/some-body/flight-delay-predictor:main"
    assert pod["securityContext"]["runAsNonRoot"] is True
    user = re.search(r"^USER (\d+):", text_of(deploy / "Dockerfile"), re.MULTILINE)
    assert user
    assert pod["securityContext"]["runAsUser"] == int(user[1])
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_every_selector_finds_the_pod(deploy: Path) -> None:
    found = objects(deploy)
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    target = found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert target["name"] == found["Deployment"]["metadata"]["name"]


def test_each_recipe_says_what_it_costs_and_what_has_been_run(deploy: Path) -> None:
    recipes = [path for path in sorted(deploy.glob("*.md")) if path.name != "README.md"]
    assert len(recipes) == 3
    for recipe in recipes:
        opening = text_of(recipe).split("\n\n")[1]
        assert "**Run by the tests:**" in opening
        assert "**Costs:**" in opening
        assert "https://" in opening or "price page" in opening
        assert f"({recipe.name})" in text_of(deploy / "README.md")


def test_links_between_the_recipes_lead_somewhere(deploy: Path) -> None:
    for document in sorted(deploy.glob("*.md")):
        links = re.findall(r"\]\(([^)#:]+)\)", text_of(document))
        assert [link for link in links if not (deploy / link).exists()] == [], document
