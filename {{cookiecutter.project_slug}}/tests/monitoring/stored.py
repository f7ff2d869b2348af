"""Parameters and answers for the tests of the monitor."""

from datetime import timedelta

import pandas as pd
import sqlalchemy as sa
from ruamel.yaml import YAML

from predictor import task
from predictor.bundle import Bundle
from predictor.features import KINDS
from predictor.monitoring.log import answers, now, to_row
from predictor.paths import CHAMPION, PARAMS
from predictor.schema import Row


def limits(**changed: float) -> None:
    """Change parameters of the section `monitoring`."""
    params, writer = YAML(typ="safe").load(PARAMS), YAML(typ="safe")
    params["monitoring"] |= {"minimum_rows": 300, **changed}
    writer.default_flow_style = False
    writer.dump(params, PARAMS)


def store(engine: sa.Engine, rows: pd.DataFrame, before: timedelta = timedelta(0)) -> task.Floats:
    """Log the champion's answers for rows, whose ids are their positions; return the outputs."""
    champion, when = Bundle.load(CHAMPION), now() - before
    bodies = rows[[*KINDS]].to_json(orient="records", lines=True, date_format="iso").splitlines()
    outputs = champion.predict(rows)
    stored = []
    for i, (body, output) in enumerate(zip(bodies, outputs.tolist(), strict=True)):
        answer = task.prediction(output, champion.metadata.rule, [], champion.version)
        row = Row.model_validate_json(body, strict=False)
        stored.append(
            to_row(
                str(i),
                when,
                row.model_dump_json(by_alias=True).encode(),
                answer.model_dump_json().encode(),
            )
        )
    with engine.begin() as connection:
        connection.execute(sa.insert(answers), stored)
    return outputs
