"""Find the encoding of a text, with care where it has to be guessed."""

import codecs
import re

from charset_normalizer import from_bytes

from predictor.errors import PredictorError


def find_encoding(data: bytes, chosen: str | None) -> tuple[str, list[str]]:
    """Return the encoding, and a note that says whether it is a guess.

    Raises:
        PredictorError: the bytes are no text, or no text in this encoding.
    """
    encoding = chosen or _guess_encoding(data)
    if encoding.lower() in ("utf-8", "utf8") and data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        row = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise PredictorError(f"row {row} is not {encoding} ({error}): add --encoding") from error
    if re.search("[\0-\x08\x0e-\x19]", text[:65536]):
        raise PredictorError(f"is not text in {encoding}: add --encoding if it is a table")
    if chosen or encoding.startswith("utf"):
        return encoding, [f"The encoding is {encoding}."]
    word = re.search(r"\w*[^\0-\x7f]\w*", text)
    return encoding, [
        f"The encoding is assumed to be {encoding} (it reads {word and word[0]!r}); "
        "if that is wrong, add --encoding."
    ]


def _guess_encoding(data: bytes) -> str:
    """Return UTF-8 or UTF-16 where that fits, else judge by the bytes above 127.

    Single ones between letters are West European, runs above 0xC0 Cyrillic or Greek, other runs
    East Asian; charset-normalizer is unreliable between these groups on short texts.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data:
        raise PredictorError("is not text; if it is a table in UTF-16, add --encoding utf-16-le")
    first = re.search(rb"[\x80-\xff]", data)
    if first is None:
        return "utf-8"
    line = data.rfind(b"\n", 0, first.start()) + 1
    sample = b"\n".join(x for x in data[line : line + 65536].splitlines() if not x.isascii())
    letters = [c for c in sample.decode("utf-8", "replace") if not c.isascii()]
    if letters.count("\ufffd") <= len(letters) / 2:
        return "utf-8"
    runs = re.findall(rb"[\x80-\xff]+", sample)
    above = b"".join(runs)
    if len(above) < 2 * len(runs) and not re.search(rb"[\x81-\x84\x86-\x90\x98\x9d]", above):
        return "cp1252"
    is_dense = sum(byte >= 0xC0 for byte in above) > 0.9 * len(above)
    group = ["cp1251", "koi8_r", "cp1253"] if is_dense else ["cp932", "cp949", "gb18030", "big5"]
    best = from_bytes(sample, cp_isolation=group).best()
    mixed = re.findall(r"[a-zA-Z][^\0-\x7f]", str(best or ""))  # no word mixes two scripts
    if best is None or len(mixed) > len(runs) / 2:
        raise PredictorError("is not UTF-8, and its encoding is unclear: add --encoding")
    return best.encoding
