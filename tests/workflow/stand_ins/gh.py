"""The stand-in of GitHub's command line: it records the call, and judges the token."""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

NEEDED = {
    ("pr", "comment"): "pull-requests",
    ("issue", "create"): "issues",
    ("issue", "list"): "issues",
    ("issue", "comment"): "issues",
    ("release", "create"): "contents",
}
BODIES = ("--body-file", "--notes-file")
ARCHIVE = ".tar.gz"


def main(arguments: list[str]) -> int:
    """Record one call and return the exit code that `gh` would give."""
    needed = NEEDED.get((arguments[0], arguments[1]))
    granted = json.loads(os.environ["GH_TOKEN"].removeprefix("stand-in "))
    if needed is None:
        print(f"the stand-in of gh does not know {arguments[:2]}", file=sys.stderr)
        return 1
    if granted.get(needed) != "write":
        print(f"HTTP 403: the job has no permission {needed}: write", file=sys.stderr)
        return 1
    bodies = [Path(path) for flag, path in pairwise(arguments) if flag in BODIES]
    missing = [each for each in arguments if each.endswith(ARCHIVE) and not Path(each).is_file()]
    if missing:
        print(f"no matches found for `{missing[0]}`", file=sys.stderr)
        return 1
    call = {
        "arguments": arguments,
        "repository": os.environ["GH_REPO"],
        "body": "".join(path.read_text(encoding="utf-8") for path in bodies),
    }
    with Path(os.environ["STAND_IN_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(call) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
