"""`python -m predictor.serve.health`: the health check of a container that has no curl."""

import sys
from http.client import HTTPConnection, HTTPException

PORT = 8000


def main(asked: str = "ready", port: int = PORT) -> int:
    """Ask the service of this machine whether it is `live` or `ready`; return the exit code."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", f"/health/{asked}")
        response = connection.getresponse()
        print(response.status, response.read().decode())
    except (OSError, HTTPException) as error:
        print(f"nothing answers on port {port}: {error}")
        return 1
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if sys.argv[1:] else main())
