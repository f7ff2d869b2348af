# `make demo` shows what a user gets, `make test` is what CI runs, `make bench` measures. They bring their own tools.
.PHONY: demo test quick lint bench screenshots clean
.DEFAULT_GOAL := demo

UV_VERSION := 0.13.9
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

demo: .venv/demo          ## generate the default project, train it, ask it
	$(BIN)/python scripts/demo.py build/demo

test: .venv/test          ## everything, with a generated project that really runs
	$(BIN)/pytest

quick: .venv/test         ## what needs no generated environment, in under a minute
	$(BIN)/pytest -m "not slow"

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

screenshots: .venv/test   ## pictures of the demo page of `make demo`, the README's among them
	$(BIN)/python scripts/screenshots.py

bench: .venv/bench        ## the service beside other servers; writes docs/benchmark.md and .svg
	$(BIN)/python scripts/benchmark.py $(ARGS)

clean:
	rm -rf .venv build

.venv/uv: Makefile
	python3 -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off uv==$(UV_VERSION)
	touch $@

.venv/demo .venv/test .venv/bench: .venv/%: .venv/uv pyproject.toml
	$(BIN)/uv pip install --python $(BIN)/python --group $*
	touch $@
