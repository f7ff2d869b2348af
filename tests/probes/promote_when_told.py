"""Run with a generated project's Python in its folder: `predictor promote` upon a line of input.

Everything slow is imported before, so that another promotion can be met while it is at work.
"""

import sys

import predictor.promote  # noqa: F401 (imported for its time)
from predictor.cli.main import main

print("ready", flush=True)
sys.stdin.readline()
sys.argv = ["predictor", "promote"]
main()
