# Everything a checkout needs goes into .venv, from the package index alone: with uv where it is installed,
# with Python's own venv elsewhere.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint format bench lock clean

demo: $(READY)
	@$(BIN)/sorasync apply --yes

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m bench

# Resolves the dependencies afresh; needs uv.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra preview --group dev \
		--generate-hashes --no-header --no-annotate --upgrade --quiet --output-file requirements.lock

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv ..."
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . ; \
	fi
	@touch $@

clean:
	rm -rf .venv assets state/*.db* state/preview .mypy_cache .ruff_cache .pytest_cache .hypothesis
