"""Write the prepared rows again and again, as one Parquet file of a million rows a row group.

Usage, in a generated project: python repeat_rows.py ROWS OUT.parquet
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
from predictor.data.frames import read_prepared
from predictor.project import Project

GROUP = 1_000_000
left, path = int(sys.argv[1]), sys.argv[2]
rows = pa.Table.from_pandas(read_prepared(Project.locate(), "train", "valid", "test"))
group = pa.concat_tables([rows] * (min(GROUP, left) // len(rows) + 1))
with pq.ParquetWriter(path, rows.schema) as writer:
    while left:
        part = group.slice(0, min(GROUP, left))
        writer.write_table(part)
        left -= len(part)
