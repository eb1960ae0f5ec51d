# Two commands: `make demo` runs the main job, `make test` passes the tests. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lab bench clean

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/mcp-selfcheck demo

check: $(VENV)/.ready
	$(BIN)/ruff format --check src tests examples bench
	$(BIN)/ruff check src tests examples bench
	$(BIN)/mypy --strict src

.lab/.ready: tests/lab_setup.py $(VENV)/.ready
	$(BIN)/python tests/lab_setup.py

test: check .lab/.ready
	$(BIN)/python -m pytest -n 3

lab: .lab/.ready
	$(BIN)/python -m tests.table

clean:
	rm -rf $(VENV) .lab
