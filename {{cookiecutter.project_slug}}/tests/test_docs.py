import re
from base64 import b64encode
from hashlib import sha256

from fastapi.testclient import TestClient

from predictor.release import Champion
from predictor.serve.app import create_app


def test_the_documentation_needs_no_other_machine(champion: Champion) -> None:
    client = TestClient(create_app(champion))
    page = client.get("/docs")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 3
    assert {client.get(f"/{link}").status_code for link in links} == {200}
    assert "http" not in page.text


def test_the_documentations_own_script_is_the_only_one_in_the_page_that_may_run(
    champion: Champion,
) -> None:
    page = TestClient(create_app(champion)).get("/docs")
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    policy = page.headers["content-security-policy"]
    assert f"script-src 'self' {allowed};" in policy
