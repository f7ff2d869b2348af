"""What was measured of one server, and the medians of it."""

from dataclasses import dataclass
from statistics import median

from bench.contenders import Contender
from bench.wrk import Load


@dataclass(frozen=True)
class Start:
    """The seconds from start to ready, one for each start."""

    contender: Contender
    seconds: list[float]


@dataclass(frozen=True)
class Measured:
    """All loads of a server, and its resident memory after them, in MB."""

    start: Start
    loads: tuple[Load, ...]
    memory_mb: float

    @property
    def name(self) -> str:
        """How the tables call it."""
        return self.start.contender.name

    @property
    def start_seconds(self) -> float:
        """The median of the starts."""
        return median(self.start.seconds)

    @property
    def levels(self) -> list[int]:
        """The numbers of connections, in order."""
        return sorted({each.connections for each in self.loads})

    def rate(self, connections: int) -> float:
        """Return the median of the answers a second."""
        return median(each.rate for each in self._at(connections))

    def p50_ms(self, connections: int) -> float:
        """Return the median of the median latencies."""
        return median(each.p50_ms for each in self._at(connections))

    def p99_ms(self, connections: int) -> float:
        """Return the median of the 99th percentiles."""
        return median(each.p99_ms for each in self._at(connections))

    def cpu_ms(self, connections: int) -> float:
        """Return the median of the server's CPU time for one answer."""
        return median(each.cpu_ms for each in self._at(connections))

    def _at(self, connections: int) -> list[Load]:
        return [each for each in self.loads if each.connections == connections]
