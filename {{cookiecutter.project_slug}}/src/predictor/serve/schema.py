"""The request body, made from the contract: types, ranges and examples of every field."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    WithJsonSchema,
    create_model,
)

from predictor.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    NumberColumn,
    TimestampColumn,
)

Row = Mapping[str, object]

LARGEST = 3e38  # the model calculates in single precision
# OpenAPI has a format of its own for a time without an offset, which JSON Schema has not.
LOCAL_TIME = {"type": "string", "format": "date-time-local"}


class _StrictRow(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def row_model(contract: Contract, example: Row) -> type[BaseModel]:
    """Build the pydantic model of one row; its fields are `f0`, `f1`, ... with aliases.

    Column names may hold blanks, dots or Python keywords, which attributes cannot: use
    `to_columns` to read a row back under the names of the contract.
    """
    fields: dict[str, Any] = {
        f"f{position}": (_annotation(column), _field(name, column, example.get(name)))
        for position, (name, column) in enumerate(contract.columns.items())
    }
    model: type[BaseModel] = create_model("Row", __base__=_StrictRow, **fields)
    return model


def to_columns(contract: Contract, rows: list[BaseModel]) -> dict[str, list[object]]:
    """Return the rows as one list per column of the contract."""
    # The fields of a row stand in the order of the contract.
    columns = zip(*(row.__dict__.values() for row in rows), strict=True)
    return {name: list(values) for name, values in zip(contract.columns, columns, strict=True)}


def to_row(contract: Contract, row: BaseModel) -> dict[str, object]:
    """Return one row under the names of the contract."""
    return dict(zip(contract.columns, row.__dict__.values(), strict=True))


def _annotation(column: Column) -> Any:  # noqa: ANN401 (a type made at run time)
    kind = _kind(column)
    return kind | None if column.missing else kind


def _kind(column: Column) -> Any:  # noqa: ANN401 (a type made at run time)
    match column:
        case NumberColumn(range=(low, high)):
            return Annotated[float, Field(ge=low, le=high, strict=True)]
        case NumberColumn():
            return Annotated[float, Field(ge=-LARGEST, le=LARGEST, strict=True)]
        case CategoryColumn(values=values) if values:
            return Literal[values]
        case CategoryColumn():
            return Annotated[str, Field(strict=True), AfterValidator(_encodable)]
        case BooleanColumn():
            return Annotated[bool, Field(strict=True)]
        case TimestampColumn():
            return Annotated[NaiveDatetime, WithJsonSchema(LOCAL_TIME)]


def _encodable(name: str) -> str:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("must be text that UTF-8 can write") from error
    return name


def _field(name: str, column: Column, example: object) -> Any:  # noqa: ANN401 (pydantic's own)
    unit = f" [{column.unit}]" if isinstance(column, NumberColumn) and column.unit else ""
    return Field(
        default=None if column.missing else ...,
        alias=name,
        description=f"{column.description}{unit}",
        examples=[example],
    )
