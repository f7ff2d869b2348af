"""The stand-in of GitHub's command line: it records the call, and judges the token."""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

NEEDED = {
    ("pr", "comment"): ("pull-requests", "write"),
    ("release", "create"): ("contents", "write"),
    ("release", "list"): ("contents", "read"),
}
BODIES = ("--body-file", "--notes-file")
LIST = ["--limit", "1000", "--json", "tagName", "--jq", ".[].tagName"]


def main(arguments: list[str]) -> int:
    """Record one call and return the exit code that `gh` would give."""
    command = (arguments[0], arguments[1])
    granted = json.loads(os.environ["GH_TOKEN"].removeprefix("stand-in "))
    if command not in NEEDED or (command[1] == "list" and arguments[2:] != LIST):
        return refuse(f"the stand-in of gh does not know {arguments}")
    scope, level = NEEDED[command]
    if granted.get(scope) not in {level, "write"}:
        return refuse(f"HTTP 403: the job has no permission {scope}: {level}")
    log = Path(os.environ["STAND_IN_LOG"])
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    released = [call["arguments"][2] for call in calls if call["arguments"][0] == "release"]
    if command == ("release", "list"):
        print(*released, sep="\n")
        return 0
    if command == ("release", "create") and arguments[2] in released:
        return refuse(f"a release with the tag {arguments[2]} exists already")
    missing = [each for each in arguments if each.endswith(".tar.gz") and not Path(each).is_file()]
    if missing:
        return refuse(f"no matches found for `{missing[0]}`")
    bodies = [Path(path) for flag, path in pairwise(arguments) if flag in BODIES]
    call = {
        "arguments": arguments,
        "repository": os.environ["GH_REPO"],
        "body": "".join(path.read_text(encoding="utf-8") for path in bodies),
    }
    log.write_text("".join(json.dumps(each) + "\n" for each in [*calls, call]), encoding="utf-8")
    return 0


def refuse(reason: str) -> int:
    """Say why, and return the exit code of a failure."""
    print(reason, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
