from predictor.contract import Contract, Costs


def test_roles_cover_every_described_column(contract: Contract) -> None:
    features = ["read at", "pressure", "class", "größe", "is.open"]
    assert contract.described == [*features, "fails", "repair cost"]
    assert contract.kept == [*features, "fails"]


def test_inputs_of_the_model_keep_the_order_of_the_contract(contract: Contract) -> None:
    assert contract.numbers == ["read at.weekday", "read at.minute_of_day", "pressure", "is.open"]
    assert contract.categories == ["class", "größe"]


def test_threshold_makes_both_decisions_cost_the_same() -> None:
    costs = Costs(false_alarm=2, miss=6, unit="hours")
    assert (1 - costs.threshold) * costs.false_alarm == costs.threshold * costs.miss
