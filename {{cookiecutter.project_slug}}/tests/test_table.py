import codecs
import gzip
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predictor.errors import PredictorError
from predictor.params import IngestParams
from predictor.project import Project
from predictor.sources.table import dialect, read, read_table

TEXT = "id,größe\n1,groß\n2,\n"
COMPRESSED = gzip.compress(b"a,b\n" + b"1,2\n" * 20_000, mtime=0)


def written(folder: Path, content: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(path: Path) -> list[list[str | None]]:
    """Return header and rows, None where a value is missing."""
    frame = read_table(path)
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return [list(map(str, frame.columns)), *rows]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "pipe"])
def test_every_delimiter_gives_the_same_cells(tmp_path: Path, mark: str) -> None:
    lines = ["name,price,city", "Ada,12.5,Paris", "Bob,3.25,Rome", "Cy,8.5,Oslo"]
    path = written(tmp_path, "\n".join(lines).replace(",", mark) + "\n")
    assert dialect(path).delimiter == mark
    assert cells(path) == [line.split(",") for line in lines]


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path) -> None:
    path = written(tmp_path, "length;width\n" + "1,5;2,5\n3,25;4,75\n" * 20)
    assert dialect(path).delimiter == ";"
    assert dialect(path).header == ("length", "width")
    assert cells(path)[1] == ["1,5", "2,5"]


def test_prose_full_of_commas_does_not_choose_the_delimiter(tmp_path: Path) -> None:
    prose = "well, this, that\tyes\nfine\tno\nso, so\tno\na, b, c, d\tyes\n"
    path = written(tmp_path, "remark\tlabel\n" + prose * 10)
    assert dialect(path).header == ("remark", "label")
    assert cells(path)[1] == ["well, this, that", "yes"]


def test_quoted_delimiters_quotes_and_newlines_stay_in_their_cell(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,"b, c"\n"1, 2","say ""no"""\n"two\nlines",x\n')
    assert cells(path) == [["a", "b, c"], ["1, 2", 'say "no"'], ["two\nlines", "x"]]


def test_a_header_over_two_lines_is_one_header(tmp_path: Path) -> None:
    path = written(tmp_path, '"price\nin EUR",b\n1,2\n3,4\n')
    assert cells(path) == [["price\nin EUR", "b"], ["1", "2"], ["3", "4"]]


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    assert cells(written(tmp_path, "a,b\r\n1,2\r\n3,4\r\n")) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_a_gzipped_table_reads_like_the_plain_one(tmp_path: Path) -> None:
    plain = written(tmp_path, TEXT)
    packed = written(tmp_path, gzip.compress(TEXT.encode()), "table.csv.gz")
    assert cells(packed) == cells(plain)
    assert dialect(packed) == dialect(plain)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("latin-1"), "cp1252"),
        (TEXT.encode("latin-1") + b"3,\x81\n", "latin-1"),
    ],
    ids=["utf-8", "utf-8 with a mark", "windows", "latin-1"],
)
def test_every_encoding_gives_the_same_cells(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = written(tmp_path, content)
    assert dialect(path).encoding == encoding
    assert cells(path)[:3] == [["id", "größe"], ["1", "groß"], ["2", None]]


def test_a_letter_beyond_the_first_sample_still_decides_the_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b\n" + b"x,y\n" * 400_000 + "é,z\n".encode("latin-1"))
    assert dialect(path).encoding == "cp1252"
    assert read_table(path)["a"].iloc[-1] == "é"


def test_a_letter_cut_in_two_by_the_sample_is_no_damage(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "x,é\n" * 50_000)
    assert dialect(path).encoding == "utf-8"
    assert (read_table(path)["b"] == "é").all()


def test_empty_fields_are_missing_and_blanks_are_text(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b,c\n1,,""\n, ,NA\n')
    assert cells(path) == [["a", "b", "c"], ["1", None, None], [None, " ", "NA"]]


def test_numbers_are_read_as_the_text_that_stands_there(tmp_path: Path) -> None:
    path = written(tmp_path, "zip,x\n00123,1e3\n04500,1.0\n")
    assert cells(path)[1:] == [["00123", "1e3"], ["04500", "1.0"]]


def test_a_column_without_a_name_gets_one(tmp_path: Path) -> None:
    path = written(tmp_path, ",b, \n0,x,1\n1,y,2\n")
    assert dialect(path).header == ("unnamed 1", "b", "unnamed 3")
    assert cells(path)[1] == ["0", "x", "1"]


def test_a_table_of_one_column_is_one_column(tmp_path: Path) -> None:
    assert cells(written(tmp_path, "word\nred\ngreen\nblue\n")) == [
        ["word"],
        ["red"],
        ["green"],
        ["blue"],
    ]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1.5, None],
            "text": pd.Series(["a", None], dtype="str"),
            "time": pd.to_datetime(pd.Series(["2024-01-31", None])),
            "is it": [True, False],
        }
    )
    frame.to_parquet(tmp_path / "table.parquet", index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), frame)


def test_the_source_reads_the_file_that_params_name(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    params = IngestParams(source="table", path=path.name)
    pd.testing.assert_frame_equal(read(Project(tmp_path), params), read_table(path))
    with pytest.raises(PredictorError, match=r"ingest\.path: the source 'table' needs a file"):
        read(Project(tmp_path), IngestParams(source="table"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"a,b,a\n1,2,3\n", "the header names 'a' more than once"),
        ("t.csv", b"a,b, a\n1,2,3\n", "the header names 'a' more than once"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "not a readable table"),
        ("t.csv", b"a,b\n1,2\n1\n", "not a readable table"),
        ("t.csv", b"\n\n\n", r"t\.csv"),
        ("t.csv.gz", gzip.compress(b""), r"t\.csv\.gz"),
        ("t.csv.gz", b"a,b\n1,2\n", "cannot be read"),
        ("t.csv.gz", COMPRESSED[:-30], "cannot be read"),
        ("t.csv.gz", COMPRESSED[:20] + b"\xff" * 40 + COMPRESSED[60:], "cannot be read"),
        ("t.parquet", b"", "is empty"),
        ("t.parquet", b"no parquet", "not a readable Parquet file"),
        ("t.parquet", b"PAR1" + bytes(40) + b"PAR1", "not a readable Parquet file"),
    ],
    ids=[
        "empty",
        "twice",
        "twice but for a blank",
        "a cell too many",
        "a cell too few",
        "blank lines only",
        "gzip of nothing",
        "gzip by name only",
        "gzip cut off",
        "gzip damaged inside",
        "parquet empty",
        "parquet by name only",
        "parquet damaged",
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(PredictorError, match=reason):
        read_table(written(tmp_path, content, name))


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet", "absent.csv.gz", ""])
def test_a_path_without_a_file_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(PredictorError, match="no such file"):
        read_table(tmp_path / name)


def test_parquet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([[1], [2]], names=["a", "a"]), tmp_path / "t.parquet")
    with pytest.raises(PredictorError, match=r"t\.parquet"):
        read_table(tmp_path / "t.parquet")


def test_dates_decimals_and_dictionaries_of_parquet_become_plain_values(tmp_path: Path) -> None:
    table = pa.table(
        {
            "day": pa.array([date(2024, 1, 31)], pa.date32()),
            "price": pa.array([Decimal("1.50")], pa.decimal128(5, 2)),
            "place": pa.array(["north"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "plain.parquet")
    row = read_table(tmp_path / "plain.parquet").iloc[0]
    assert row.to_dict() == {"day": pd.Timestamp("2024-01-31"), "price": 1.5, "place": "north"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (pa.array([[1, 2]]), "column 'x' holds list<"),
        (pa.array([0], pa.timestamp("s", tz="UTC")), "column 'x' has the time zone UTC"),
    ],
    ids=["nested", "time zone"],
)
def test_parquet_that_is_no_plain_table_is_refused(
    tmp_path: Path, values: pa.Array, sentence: str
) -> None:
    pq.write_table(pa.table({"x": values}), tmp_path / "odd.parquet")
    with pytest.raises(PredictorError, match=re.escape(sentence)):
        read_table(tmp_path / "odd.parquet")
