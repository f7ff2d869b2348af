"""The one error that is meant for the reader of a terminal."""


class PredictorError(Exception):
    """Say in one sentence what was expected, what came, where, and the way out.

    The command line prints it without a traceback and exits with 1.
    """
