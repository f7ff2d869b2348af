from predictor.contract import Contract
from predictor.report.dictionary import dictionary


def test_every_column_is_in_the_dictionary_with_its_rules(contract: Contract) -> None:
    lines = dictionary(contract).splitlines()
    assert "| `pressure` | number | bar | -100 to 100 | allowed |  |" in lines
    assert "| `class` | category |  | A, B | no |  |" in lines
    assert "| `repair cost` | known only afterwards |  |" in lines
    assert [name for name in contract.described if f"`{name}`" not in "\n".join(lines)] == []


def test_text_of_the_contract_cannot_break_the_table(contract: Contract) -> None:
    target = contract.target.model_copy(update={"description": "a | b\nc"})
    page = dictionary(contract.model_copy(update={"target": target}))
    assert "a \\| b c" in page
