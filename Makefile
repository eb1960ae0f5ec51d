# Two commands: `make demo` runs the main job, `make test` passes the tests. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lab docs bench hostile clean canaries fuzz torture nightly

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/mcp-selfcheck demo

check: $(VENV)/.ready
	$(BIN)/ruff format --check src tests examples bench docs supply fuzz
	$(BIN)/ruff check src tests examples bench docs supply fuzz
	$(BIN)/mypy --strict src
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.ready
	$(BIN)/python docs/generate.py

.lab/.ready: tests/lab_setup.py $(VENV)/.ready
	$(BIN)/python tests/lab_setup.py

# The cases start real servers, three at a time. One that ran out of its time beside the others is run again alone, and
# must pass then.
test: check .lab/.ready
	$(BIN)/python -m pytest -n 3 || $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

lab: .lab/.ready
	$(BIN)/python -m tests.table

# What costs more than minutes, each ending in a table or a sum: generated secrets, fuzzing, system calls that fail.
canaries: $(VENV)/.ready
	CANARIES=10000 $(BIN)/python -m pytest tests/test_canary_runs.py tests/test_canaries.py

fuzz: $(VENV)/.ready
	$(BIN)/python -m fuzz.drive

torture: $(VENV)/.ready
	$(BIN)/python -m tests.torture

nightly: $(VENV)/.ready
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/test_properties.py tests/test_redact.py tests/test_wire.py tests/test_tools_lint.py

# Every hostile server, config and log, with several deadlines; `make hostile CASES="S11 H07"` chooses. Exit code 1 when one
# is not as wanted.
hostile: .lab/.ready
	$(BIN)/python -m tests.hostile.run $(CASES)

bench: .lab/.ready
	$(BIN)/python bench/overhead.py

clean:
	rm -rf $(VENV) .lab
