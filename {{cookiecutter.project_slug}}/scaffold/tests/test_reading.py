import bz2
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from predictor.errors import PredictorError
from scaffold import reading
from scaffold.reading import Options, Table, read_table


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
    "comma": ("a,b\n1,x\n2,y\n", [["1", "x"], ["2", "y"]]),
    "semicolon and decimal comma": ("a;b\n1,5;2,5\n3,5;4,5\n", [["1,5", "2,5"], ["3,5", "4,5"]]),
    "tab": ("a\tb\nx, y\t2\n", [["x, y", "2"]]),
    "pipe": ('a|b\n5" pipe|2\n', [['5" pipe', "2"]]),
    "one column": ("a\nx\ny\n", [["x"], ["y"]]),
    "doubled quotes": ('a,b\n1,"he said ""hi"", ok"\n', [["1", 'he said "hi", ok']]),
    "backslash quotes": ('a,b\n1,"he said \\"hi\\", ok"\n', [["1", 'he said "hi", ok']]),
    "newline in quotes": ('a,b\n1,"x\ny"\n2,z\n', [["1", "x\ny"], ["2", "z"]]),
    "list in a cell": ('a,b\n1,"[1, 2]"\n', [["1", "[1, 2]"]]),
    "space after the comma": ('a, b\n1, "x, y"\n', [["1", "x, y"]]),
    "byte order mark": ("\ufeffa,b\n1,é\n", [["1", "é"]]),
    "UTF-16": ("a,b\n1,é\n".encode("utf-16"), [["1", "é"]]),
    "cp1252": ("a,b\n20°C,Müller\nx,Café\n".encode("cp1252"), [["20°C", "Müller"], ["x", "Café"]]),
    "cp1251": ("город,b\nПиши,x\n".encode("cp1251"), [["Пиши", "x"]]),
    "Shift-JIS": ("都市,b\n東京,テスト\n".encode("shift_jis"), [["東京", "テスト"]]),
    "CR": ("a,b\r1,x\r", [["1", "x"]]),
    "CRLF": ("a,b\r\n1,x\r\n", [["1", "x"]]),
    "blank first line": ("\na,b\n1,x\n\n2,y\n", [["1", "x"], ["2", "y"]]),
    "Excel's sep": ("\ufeffsep=;\na;b\n1;x,y\n", [["1", "x,y"]]),
    "preamble": ("Sales, 2024\nby us\n\na,b,c\n1,x,2\n3,y,4\n", [["1", "x", "2"], ["3", "y", "4"]]),
    "preamble of a spreadsheet": (
        "Sales,,\n,,\na,b,c\n1,x,2\n3,y,\n",
        [["1", "x", "2"], ["3", "y", ""]],
    ),
    "footnote": ("a,b,c\n1,x,2\n3,y,4\n\nSource: us, 2024\n", [["1", "x", "2"], ["3", "y", "4"]]),
    "total": ("a,b\nx,2\ny,4\nTotal,6\n", [["x", "2"], ["y", "4"]]),
    "trailing delimiters": ("a,b,\n1,x,\n2,y,\n", [["1", "x", ""], ["2", "y", ""]]),
    "trailing delimiters below": ("a,b\n1,x,\n2,y,\n", [["1", "x", ""], ["2", "y", ""]]),
    "row names of R": ('"a","b"\n"x",1,2\n"y",3,4\n', [["x", "1", "2"], ["y", "3", "4"]]),
    "same and empty names": ("a,a,\n1,2,3\n", [["1", "2", "3"]]),
    "leading zeros": ("zip,b\n02139,NA\n", [["02139", "NA"]]),
    "years as names": ("land,2010,2020\nx,1,2\n", [["x", "1", "2"]]),
    "long header": (
        ",".join("n" * 60 + str(i) for i in range(1500)) + "\n" + "1," * 1499 + "1\n",
        [["1"] * 1500],
    ),
}


@pytest.mark.parametrize(("content", "rows"), READ.values(), ids=READ)
def test_text_is_read_as_it_stands(
    tmp_path: Path, content: bytes | str, rows: list[list[str]]
) -> None:
    table = read(tmp_path, content)

    assert table.rows.to_numpy().tolist() == rows
    assert written_again(tmp_path, table).equals(table.rows)
    assert (table.content, table.suffix) == (None, ".csv")


REFUSED = {
    "too many fields": ("a,b\n1,2\n\n3,4,5\n6,7\n", {}, "row 4 has 3 fields instead of 2"),
    "too few fields": ('a,b\n"x\ny",2\n3\n6,7\n', {}, "row 4 has 1 fields instead of 2"),
    "longer header": ("name,city,x\nAnn,Rome\nBob,Oslo\n", {}, "row 1 has 3 fields instead of 2"),
    "open quote": ('a,b\nx,2\ny,"3\nz,4\n', {}, "row 3: unexpected end of data"),
    "no header": ("7,0.27,0.36\n6,0.3,0.34\n", {}, "data: 7, 0.27, 0.36 .* --names c1,c2,c3$"),
    "no header, only text": ("x,p\ny,q\nx,q\ny,p\n", {}, "looks like data: x, p"),
    "names that do not fit": ("1,2\n", {"names": ("a",)}, "--names must be 2 different names"),
    "unclear header": ("a,b\nx,y,z\nu,v,w\n", {}, "add --skip-rows 1 and.* --names c1,c2,c3$"),
    "header only": ("a,b\n", {}, "has a header but no rows"),
    "blank lines only": ("\n\n", {}, "has no rows"),
    "empty": ("", {}, "is empty"),
    "skips too much": ("a,b\n1,2\n", {"skip_rows": -1}, "--skip-rows is not in 0 to 100"),
    "wrong encoding": ("a,b\n1,é\n".encode("cp1252"), {"encoding": "utf-8"}, "row 2 .*--encoding"),
    "unknown encoding": ("a,b\n1,2\n", {"encoding": "utf-99"}, "unknown encoding.*--encoding"),
    "one broken letter": ("a,b\né,é\nü,\udcff\n".encode("utf-8", "surrogateescape"), {}, "row 3"),
    "unclear encoding": ("a,b\nMüller,1\n".encode("cp850"), {}, "encoding is unclear"),
    "delimiter": ("a,b\n1,2\n", {"delimiter": ";;"}, "--delimiter must be one character"),
    "random bytes": (np.random.default_rng(0).bytes(9999), {}, "is not text"),
    "too wide": (",".join(f"c{i}" for i in range(2001)) + "\n", {}, "2,001 columns"),
}


@pytest.mark.parametrize(("content", "options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_text_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(PredictorError, match=sentence) as refusal:
        read(tmp_path, content, **options)

    assert "\n" not in str(refusal.value)


def test_options_are_followed(tmp_path: Path) -> None:
    content = "a|b;c\nd;e|1\n2;f|3\n"
    table = read(tmp_path, content, delimiter=";", skip_rows=1, names=("x", "y"))

    assert table.rows.to_dict("list") == {"x": ["d", "2"], "y": ["e|1", "f|3"]}
    assert written_again(tmp_path, table).equals(table.rows)


def test_decisions_are_noted(tmp_path: Path) -> None:
    table = read(tmp_path, "Title\nä;a;\n1;2;x\n3;4;y\n\nSource: us\n".encode("cp1252"))

    assert table.notes == (
        "The encoding is assumed to be cp1252 (it reads 'ä'); if that is wrong, add --encoding.",
        "The delimiter is ';'.",
        "The rows above row 2 are skipped.",
        "Row 5 and what follows is left out as a footnote.",
        "Columns with no name or with one used before: Unnamed: 2.",
    )


def test_packed_files_are_kept_as_utf_8(tmp_path: Path) -> None:
    content = "a;b\nMüller;2\n"
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("a.csv", content)
    packed = {
        "t.csv.gz": gzip.compress(content.encode("cp1252")),
        "t.csv.bz2": bz2.compress(content.encode("utf-16")),
        "t.zip": (tmp_path / "made.zip").read_bytes(),
    }
    tables = [read(tmp_path, data, name) for name, data in packed.items()]

    assert [(t.content, t.kwargs) for t in tables] == [(content.encode(), {"sep": ";"})] * 3


def test_packed_files_that_do_not_unpack_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10_000)
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("a.csv", "")
        archive.writestr("b.csv", "")
    for name, data, sentence in [
        ("t.zip", (tmp_path / "made.zip").read_bytes(), "holds 2 files"),
        ("bomb.csv.gz", gzip.compress(b"1" * 10_001), "holds more than"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], "cannot be unpacked"),
    ]:
        with pytest.raises(PredictorError, match=sentence):
            read(tmp_path, data, name)


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
        ["Sales"],
        [],
        ["id", "day", "at", "x", "paid", "zip"],
        [1, dt.date(2024, 1, 5), dt.datetime(2024, 1, 5, 10, 30), 0.5, True, "02139"],
        [2, dt.date(2024, 1, 6), dt.datetime(2024, 1, 6), 2.0, False, None],
    ]
    table = read(tmp_path, workbook(main=rows), "t.xlsx")

    assert table.rows.to_dict("split")["data"] == [
        ["1", "2024-01-05", "2024-01-05T10:30:00", "0.5", "true", "02139"],
        ["2", "2024-01-06", "2024-01-06T00:00:00", "2", "false", ""],
    ]
    assert written_again(tmp_path, table).equals(table.rows)
    assert list(table.rows) == rows[2]


def test_a_workbook_with_several_sheets_asks_for_one(tmp_path: Path) -> None:
    content = workbook(first=[["a", "b"], [1, 2]], second=[["c", "d"], [3, 4]])

    with pytest.raises(PredictorError, match="--sheet NAME with one of 'first', 'second'"):
        read(tmp_path, content, "t.xlsx")
    assert list(read(tmp_path, content, "t.xlsx", sheet="second").rows) == ["c", "d"]


@pytest.mark.parametrize("name", ["t.xlsx", "t.xls", "t.ods", "t.parquet", "t.csv.gz", "t.zip"])
def test_broken_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PredictorError, match=r"can be read|cannot be unpacked"):
        read(tmp_path, b"PK\x03\x04 broken", name)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": pd.Categorical(["x", "y", "x"])})
    table = read(tmp_path, frame[frame.a > 1].to_parquet(), "t.parquet")

    assert list(table.rows) == ["a", "b"]
    assert table.rows.dtypes.equals(frame.dtypes)
    assert (table.content, table.kwargs, table.suffix) == (None, {}, ".parquet")


def test_parquet_that_is_no_plain_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"a": [1, 2], "tags": [["x"], ["y"]]})
    monkeypatch.setattr(reading, "MAX_CELLS", 10)
    for table, sentence in [
        (frame, "column 'tags' is nested"),
        (frame[["a"]].rename_axis("id").set_axis(["x", "y"]).rename_axis("id"), "named index"),
        (pd.DataFrame({"a": range(11)}), "is too large: 11 rows"),
    ]:
        with pytest.raises(PredictorError, match=sentence):
            read(tmp_path, table.to_parquet(), "t.parquet")


def test_paths_that_are_no_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "flights.csv").write_text("a,b\n1,2\n")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / ".gitignore").write_text("a\n")
    (tmp_path / "log.jsonl").write_text("{}\n")
    for name, sentence in {
        "flihgts.csv": "does not exist; did you mean 'flights.csv'",
        "loop.csv": "symbolic links",
        ".": "is a folder",
        ".gitignore": "must end in one of .csv",
        "log.jsonl": "must end in one of .csv",
    }.items():
        with pytest.raises(PredictorError, match=sentence):
            read_table(tmp_path / name, Options())
