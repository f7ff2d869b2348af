"""`uv run python -m scaffold ...`: commands that help to make the project your own."""

import sys

from cyclopts import App, Parameter

from predictor.errors import PredictorError
from scaffold.adopt import adopt
from scaffold.check import check
from scaffold.finish import finish
from scaffold.parts import add, remove
from scaffold.rubric import rubric

app = App(
    name="python -m scaffold",
    help="Make the project your own.",
    help_format="plaintext",
    version_flags=[],
    default_parameter=Parameter(negative=(), show_default=False),
)
for command in (adopt, add, remove, check, rubric, finish):
    app.command(command)


def main() -> None:
    """Run the command line; an error for the user is a sentence, not a traceback."""
    try:
        app()
    except (PredictorError, OSError) as error:
        sys.exit(f"error: {error}")
