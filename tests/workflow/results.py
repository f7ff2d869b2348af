"""How an action ends."""

from __future__ import annotations

from collections.abc import Mapping

Inputs = Mapping[str, str]
Outputs = Mapping[str, str]


class NotHereError(Exception):
    """This leg needs what this machine does not have; the reason is said, the leg not run."""


class ActionError(Exception):
    """An action failed, as it would on GitHub."""
