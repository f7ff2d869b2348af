"""`params.yaml`: every number a person may turn, grouped by the stage that reads it."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from predictor.documents import Document

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM")]
Share = Annotated[float, Field(gt=0, lt=1)]
Argument = bool | int | float | str | None


class IngestParams(Document):
    """Which module of `predictor.sources` reads the rows, and what has arrived."""

    source: str
    path: str | None = None
    through: Month | None = None


class PrepareParams(Document):
    """How rows become train, valid and test."""

    test_months: PositiveInt
    valid_share: Share
    seed: NonNegativeInt


class TrainParams(Document):
    """Which model, and how strictly its export is proven."""

    model: str
    seed: NonNegativeInt
    threads: PositiveInt
    parity_rows: PositiveInt
    parity_tolerance: PositiveFloat
    interval_coverage: Share


class EvaluateParams(Document):
    """How the bundle is examined."""

    calibration_bins: Annotated[int, Field(ge=2)]
    slice_rows: PositiveInt


class PromoteParams(Document):
    """What a candidate must keep to become the champion, beside being better."""

    confidence: Share
    resamples: Annotated[int, Field(ge=100)]
    calibration_error: Share
    slice_excess: NonNegativeFloat
    latency_ms: PositiveFloat
    bundle_mb: PositiveFloat


class ReproduceParams(Document):
    """How near a run must come to the one that was committed."""

    tolerance: PositiveFloat


class Params(Document):
    """The whole of `params.yaml`."""

    ingest: IngestParams
    prepare: PrepareParams
    train: TrainParams
    evaluate: EvaluateParams
    promote: PromoteParams
    reproduce: ReproduceParams
    models: dict[str, dict[str, Argument]]
