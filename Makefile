# Everything a checkout needs goes into .venv, from the package index alone: with uv where it is installed,
# with Python's own venv elsewhere.

PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
READY := .venv/.ready
# One process for each core; which test runs where is settled as they go, since some take a hundred times longer.
WORKERS := -n auto --dist worksteal

.PHONY: demo test test-all crash lint format bench reference lock clean

demo: $(RUN)
	@$(BIN)/sorasync apply --yes

test: $(READY)
	$(BIN)/python -m pytest $(WORKERS)

# Adds what is too heavy for every run: a gateway in between, hundreds of clips, many more seeds.
test-all: $(READY)
	$(BIN)/python -m pytest $(WORKERS) -m ""

# Kills sorasync in the middle of its work, and runs two at once, thousands of times.
crash: $(READY)
	$(BIN)/python -m tests.apply.crash --kills 3000 --rounds 2000

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Prints the figures beside their targets. One of them: make bench ONLY=provider
bench: $(READY)
	$(BIN)/python -m bench $(ONLY)

# Writes what is generated: the reference pages and the schemas.
reference: $(READY)
	$(BIN)/python -m sorasync.cli.reference docs/cli.md
	$(BIN)/python -m sorasync.manifest.reference

# Brings the lock files up to pyproject.toml, and every version as it is: make lock UPGRADE=--upgrade takes
# the newest. Needs uv.
UPGRADE ?=
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --extra preview \
	--generate-hashes --no-header --no-annotate --quiet $(UPGRADE)
lock:
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --output-file requirements-dev.lock

define install
	@echo "Installing into .venv ..."
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r $(1) && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
			--editable . ; \
	fi
	@touch $@
endef

$(RUN): requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(READY): requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(RUN)

clean:
	rm -rf .venv assets state/*.db* state/preview .mypy_cache .ruff_cache .pytest_cache .hypothesis
