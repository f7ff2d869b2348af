"""Whether a port can be listened on."""

import os
import socket

from predictor.errors import PredictorError


def require_free(host: str, port: int) -> None:
    """Do nothing if a service can listen on the port.

    Raises:
        PredictorError: something else does, or this machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # On Windows this option lets two processes share a port, which is what is asked here.
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PredictorError(
            f"Port {port} of {host} cannot be used ({error.strerror}): stop what listens there, "
            "or choose another address with --port or --host."
        ) from error
