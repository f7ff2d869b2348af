"""The parts of `make bench`."""


class FailedError(Exception):
    """A command or a server failed; the message says which and why."""
