"""Answer for a Parquet file with the scikit-learn pipeline, batch by batch; nothing is checked.

Usage, in a generated project: python score_scikit_learn.py PIPELINE.joblib IN.parquet OUT.parquet
"""

import sys

import joblib
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 50_000
pipeline, table, answers = joblib.load(sys.argv[1]), sys.argv[2], sys.argv[3]
with (
    pq.ParquetFile(table, pre_buffer=False, buffer_size=1 << 20) as file,
    pq.ParquetWriter(answers, pa.schema([("probability", pa.float64())])) as writer,
):
    for batch in file.iter_batches(batch_size=BATCH):
        probabilities = pipeline.predict_proba(batch.to_pandas())[:, 1]
        writer.write_batch(pa.RecordBatch.from_arrays([pa.array(probabilities)], ["probability"]))
