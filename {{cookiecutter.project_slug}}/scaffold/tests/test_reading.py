import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold import reading
from scaffold.delimited import Options
from scaffold.reading import Table, read_table


def read(folder: Path, content: bytes | str, name: str = "table.csv", **options: Any) -> Table:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, Options(**options))


def written_again(folder: Path, table: Table) -> pd.DataFrame:
    (folder / "copy").write_bytes(table.content or (folder / "table.csv").read_bytes())
    return pd.DataFrame(
        pd.read_csv(folder / "copy", dtype=str, keep_default_na=False, **table.kwargs)
    )


READ = {
    "comma": ("a,b\n1,x\n2,y\n", ["ab", "1x", "2y"]),
    "decimal comma": ("a;b\n1,5;2,5\n3,5;4,5\n", ["ab", ["1,5", "2,5"], ["3,5", "4,5"]]),
    "tab": ("a\tb\nx, y\t2\n", ["ab", ["x, y", "2"]]),
    "pipe": ('a|b\n5" pipe|2\n', ["ab", ['5" pipe', "2"]]),
    "one column": ("a\nx\ny\n", ["a", "x", "y"]),
    "doubled quotes": ('a,b\n1,"he said ""hi"", ok"\n', ["ab", ["1", 'he said "hi", ok']]),
    "backslash quotes": ('a,b\n1,"he said \\"hi\\", ok"\n', ["ab", ["1", 'he said "hi", ok']]),
    "backslash": ('a,b\n1,"C:\\"\n', ["ab", ["1", "C:\\"]]),
    "newline in quotes": ('a,b\n1,"x\ny"\n2,z\n', ["ab", ["1", "x\ny"], "2z"]),
    "space after the comma": ('a, b\n1, "x, y"\n', ["ab", ["1", "x, y"]]),
    "byte order mark": ("\ufeffa,b\n1,é\n", ["ab", "1é"]),
    "UTF-16": ("a,b\n1,é\n".encode("utf-16"), ["ab", "1é"]),
    "CR": ("a,b\r1,x\r", ["ab", "1x"]),
    "CRLF": ("a,b\r\n1,x\r\n", ["ab", "1x"]),
    "blank first line": ("\na,b\n1,x\n\n2,y\n", ["ab", "1x", "2y"]),
    "Excel's sep": ("\ufeffsep=|\na;|b|c\n1;|x|y\n", [["a;", "b", "c"], ["1;", "x", "y"]]),
    "trailing delimiters": ("a\n1,\n2,\n", [["a", "Unnamed: 1"], ["1", ""], ["2", ""]]),
    "row names of R": ('"a","b"\n"x",1,2\n"y",3,4\n', [["row_name", "a", "b"], "x12", "y34"]),
    "same and empty names": ("a,a,\n1,2,3\n", [["a", "a.1", "Unnamed: 2"], "123"]),
    "leading zeros": ("a,b\n02139,NA\n", ["ab", ["02139", "NA"]]),
    "long header": ("n" * 99_999 + ",b\n1,2\n", [["n" * 99_999, "b"], "12"]),
}


@pytest.mark.parametrize(("content", "rows"), READ.values(), ids=READ)
def test_text_is_read_as_it_stands(tmp_path: Path, content: bytes | str, rows: list[Any]) -> None:
    table = read(tmp_path, content)

    assert [list(table.rows), *table.rows.to_numpy().tolist()] == list(map(list, rows))
    assert written_again(tmp_path, table).equals(table.rows)
    assert (table.content, table.suffix) == (None, ".csv")


LATIN = "a,b\n1,2\n5°C,Müller\n".encode("cp1252")
REFUSED = {
    "too many fields": ("a,b\n1,2\n\n3,4,5\n6,7\n", {}, "row 4 has 3 fields instead of 2"),
    "too few fields": ('a,b\n"x\ny",2\n3\n6,7\n', {}, "row 4 has 1 .* right --delimiter$"),
    "row below the sample": ("a,b\n" + "1,2\n" * 900 + "3\n", {}, "row 902 has 1 fields"),
    "longer header": ("name,city,x\nA,B\nC,D\n", {}, r"row 1 \(name, .* is no header of 2 col"),
    "open quote": ('a,b\nx,2\ny,"3\nz,4\n', {}, "row 3: unexpected end of data"),
    "empty quotes": ('a\nx\n""\ny\n', {}, "pandas reads row 4 otherwise"),
    "blank row": ("a,b\r" + "1,x\r" * 600 + "\r,y\r", {}, "row 603 .* blank row above"),
    "preamble": ("Sales\nof 2024\n\na,b\n1,x\n3,y\n4,z\n", {}, "row 2 has .* --skip-rows 3$"),
    "title": ("Sales, 2024\na,b,c\nx,y,z\nu,v,w\n", {}, "row 1 .*--skip-rows 1 if row 2 is the"),
    "footnote": ("a,b,c\n1,x,2\n3,y,4\n\nSource: us\n", {}, "row 5 .* correct or remove it"),
    "no header": ("7,0.27,x\n6,0.3,y\n", {}, r"row 1 \(7, .* --names c1,c2,c3, or --skip-rows 0"),
    "no header, only text": ("x,p\ny,q\nx,q\ny,p\n", {}, r"row 1 \(x, p \.\.\.\) is no header"),
    "date as a name": ("x,2020-01-05\ny,z\n", {}, "--skip-rows 0 if row 1 is the header"),
    "too few names": ("1,2\n", {"names": "a"}, "--names needs 2 different names, such as c1"),
    "equal names": ("1,2\n", {"names": "a,a"}, "--names needs 2 different names"),
    "header only": ("a,b\n", {}, "has no rows below the header: see --names"),
    "empty": ("", {}, "has no rows below the header"),
    "cp1252": (LATIN, {}, r"row 3 .*--encoding cp1252 \(it reads '5°C,Müller'\), or cp1251 \("),
    "cp1251": ("a,b\nПиши,x\n".encode("cp1251"), {}, r"row 2 is not utf-8.* cp1251 .*'Пиши,x'"),
    "Shift-JIS": ("a,b\n都市,x\n".encode("cp932"), {}, r"row 2 is not utf-8.* cp932 .*'都市,x'"),
    "wrong encoding": ("a,b\n1,é\n", {"encoding": "ascii"}, "row 2 is not ascii.* utf-8 .*'1,é'"),
    "unknown encoding": ("a,b\n1,2\n", {"encoding": "utf-99"}, "not utf-99.* --encoding utf-8"),
    "broken letter": (b"a,b\n\xc3\xa9,1\n2,\xff\n", {}, r"row 3 is not utf-8: correct it.*'Ã©,1'"),
    "no text": (b"a,b\n\xff\x98\x81\xff\xff\n", {}, "add --encoding NAME"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), {}, "--encoding utf-16-le if"),
    "delimiter": ("a,b\n1,2\n", {"delimiter": ";;"}, "--delimiter must be one character"),
    "too wide": ("c," * 2000 + "c\n" + "x," * 2000 + "x\n", {}, "has 2,001 columns"),
}


@pytest.mark.parametrize(("content", "options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_text_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(PredictorError, match=sentence) as refusal:
        read(tmp_path, content, **options)

    assert "\n" not in str(refusal.value)


def test_options_are_followed(tmp_path: Path) -> None:
    content = "a|b\tc\nd\té|1\n2\tf|3\n".encode("cp1252")
    table = read(tmp_path, content, encoding="cp1252", delimiter="\\t", skip_rows=1, names="x,y")

    assert table.rows.to_dict("list") == {"x": ["d", "2"], "y": ["é|1", "f|3"]}
    assert written_again(tmp_path, table).equals(table.rows)
    assert table.notes == ("The encoding is cp1252, the delimiter '\\t'.",)


@pytest.mark.parametrize("content", ["land,2010,2020\nx,1,2\n", "x,y,x\nx,y,x\n"])
def test_skip_rows_chooses_a_header_that_looks_like_data(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, content, skip_rows=0)

    assert table.rows.shape == (1, 3)
    assert table.kwargs == {"sep": ",", "encoding": "utf-8"}


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(content := io.BytesIO())
    return content.getvalue()


def test_excel_cells_become_text(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        [],
        [None, "id", "day", "at", "x", "paid", "zip"],
        [None, 1, dt.date(2024, 1, 5), dt.datetime(2024, 1, 5, 10, 30), 0.5, True, "02139"],
        [],
        [None, 2, dt.date(2024, 1, 6), dt.datetime(2024, 1, 6), 2.0, False, "NA"],
        [None, 3, None, None, None, None, "x\ny"],
    ]
    table = read(tmp_path, workbook(main=rows), "t.xlsx")

    assert table.rows.to_dict("split")["data"] == [
        ["1", "2024-01-05 00:00:00", "2024-01-05 10:30:00", "0.5", "True", "02139"],
        ["2", "2024-01-06 00:00:00", "2024-01-06 00:00:00", "2", "False", "NA"],
        ["3", "", "", "", "", "x\ny"],
    ]
    assert written_again(tmp_path, table).equals(table.rows)
    assert list(table.rows) == rows[1][1:]
    assert (table.suffix, table.notes) == (".csv", ("The sheet is 'main'.",))


def test_a_title_in_a_workbook_is_refused_with_the_row_of_the_header(tmp_path: Path) -> None:
    content = workbook(main=[["Sales"], [], ["a", "b", "c"], [1, 2, 3], [4, None, None]])

    with pytest.raises(PredictorError, match=r"row 1 .* --skip-rows 2 if row 3 is the header"):
        read(tmp_path, content, "t.xlsx")
    assert list(read(tmp_path, content, "t.xlsx", skip_rows=2).rows) == ["a", "b", "c"]


def test_a_workbook_with_several_sheets_asks_for_one(tmp_path: Path) -> None:
    content = workbook(first=[["a", "b"], [1, 2]], second=[["3;", 4], ["5;", 0.5]], empty=[])

    for sheet in (None, "frist"):
        with pytest.raises(PredictorError, match=r"--sheet NAME with one of .*'first', 'second'"):
            read(tmp_path, content, "t.xlsx", sheet=sheet)
    with pytest.raises(PredictorError, match="has no rows"):
        read(tmp_path, content, "t.xlsx", sheet="empty")
    second = read(tmp_path, content, "t.xlsx", sheet="second", names="a,b")
    assert second.rows.to_numpy().tolist() == [["3;", "4"], ["5;", "0.5"]]


@pytest.mark.parametrize("name", ["t.xlsx", "t.xls", "t.ods", "t.parquet"])
def test_broken_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PredictorError, match=rf"{name} cannot be read \(.*\): save it as CSV$"):
        read(tmp_path, b"PK\x03\x04 broken", name)


def test_parquet_becomes_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2.5, None], "b": pd.Categorical(["x", "y", None])})
    table = read(tmp_path, frame[frame.a != 1].to_parquet(), "t.parquet")

    assert table.rows.fillna("").to_dict("list") == {"a": ["2.5", ""], "b": ["y", ""]}
    assert (table.content, table.kwargs, table.suffix) == (None, {}, ".parquet")


def test_parquet_that_is_no_plain_table_is_refused(tmp_path: Path) -> None:
    for frame, sentence in [
        (pd.DataFrame({"a": [["x"], ["y"]]}), "column 'a' is nested"),
        (pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="id")), "has a named index"),
        (pd.DataFrame([range(2001)]).rename(columns=str), "has 2,001 columns"),
    ]:
        with pytest.raises(PredictorError, match=sentence):
            read(tmp_path, frame.to_parquet(), "t.parquet")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b\n" + b"1,2\n" * 10_000, "t.csv"),
        (workbook(main=[["a" * 30_000]]), "t.xlsx"),
        (pd.DataFrame({"a": [1] * 5_000}).to_parquet(), "t.parquet"),
        (pd.DataFrame({"a": ["x" * 30_000]}).to_parquet(), "t.parquet"),
    ],
    ids=["CSV", "workbook", "many cells", "long cells"],
)
def test_tables_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, name: str
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 29_999)

    with pytest.raises(PredictorError, match=r"bytes, 29,999 at most: adopt a part of it"):
        read(tmp_path, content, name)


@pytest.mark.parametrize("name", [".gitignore", "log.jsonl", "t.csv.gz", "t.zip"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PredictorError, match=r"must end in one of .csv .* unpack it first"):
        read(tmp_path, "a,b\n1,2\n", name)
