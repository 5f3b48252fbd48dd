# Everything a checkout needs goes into .venv, from the package index alone: with uv where it is installed,
# with Python's own venv elsewhere. Another Python gets an environment of its own: make test PYTHON=python3.13.

PYTHON ?= python3
VENV := .venv$(if $(filter command line,$(origin PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
RUN := $(VENV)/.run
READY := $(VENV)/.ready
LOWEST := .venv-lowest
# Two processes for each core: many tests wait for programs that they start. Tests go to whoever is free, for some
# take a hundred times longer than others.
WORKERS := -n $$(( $$(getconf _NPROCESSORS_ONLN) * 2 )) --dist worksteal
# The suite starts the program hundreds of times: what one process compiles, the next finds compiled, also where
# the environment says that nothing be written.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-all test-lowest crash faults lint format bench sheet docs pictures reference lock clean

demo: $(RUN)
	@$(BIN)/sorasync apply --yes
	@$(BIN)/sorasync cut the-last-letter
	@$(BIN)/sorasync cut the-last-letter --out assets/cut.the-last-letter.otio

test: $(READY)
	@$(BIN)/python -m compileall -q -j 0 sorasync
	$(BIN)/python -m pytest $(WORKERS)

# Adds what is too heavy for every run: a gateway in between, hundreds of clips, many more seeds, and the whole
# once more with the lowest versions that pyproject.toml allows.
test-all: $(READY) test-lowest
	$(BIN)/python -m pytest $(WORKERS) -m ""

test-lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest $(WORKERS)

# Kills sorasync in the middle of its work, and runs two at once, thousands of times.
crash: $(READY)
	$(BIN)/python -m tests.apply.crash --kills 3000 --rounds 2000

# Three runners with 2,000 faults of theirs, of the database, of the way to it and of the bucket; then two people,
# 1,000 times each.
faults: $(READY)
	$(BIN)/python -m tests.team --rounds 500 --people 1000

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/jactionlint --no-hints action.yml docs/examples/github/*.yml .github/workflows/*.yml
	$(BIN)/zizmor --quiet --offline --no-progress --persona pedantic action.yml docs/examples/github/*.yml .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows docs/examples/github/*.yml .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci docs/examples/gitlab/.gitlab-ci.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docs/examples/docker/compose.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Prints the figures beside their targets. One of them: make bench ONLY=provider
bench: $(READY)
	$(BIN)/python -m bench $(ONLY)

# Draws sixty prompts as animatics in one picture, to be looked at. No frame may contradict its words.
sheet: $(READY)
	$(BIN)/python -m tests.preview.animatic.sheet sheet.png

# Builds the documentation as a site, in site/.
docs: $(READY)
	$(BIN)/zensical build --strict

# Takes the pictures of README and docs anew, after the drawing or the review page has changed. Needs Chromium.
pictures: $(READY)
	$(BIN)/python scripts/make_doc_pictures.py
	$(BIN)/python scripts/make_review_picture.py
	$(BIN)/python scripts/make_terminal_pictures.py

# Writes what is generated: the reference pages and the schemas.
reference: $(READY)
	$(BIN)/python -m sorasync.cli.app.reference
	$(BIN)/python -m sorasync.manifest.reference
	$(BIN)/python -m sorasync.preview.animatic.vocabulary_page docs/preview.md

# Brings the lock files up to pyproject.toml, and every version as it is: make lock UPGRADE=--upgrade takes
# the newest. Needs uv.
UPGRADE ?=
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --extra preview --extra film --extra review --extra team \
	--generate-hashes --no-header --no-annotate --quiet $(UPGRADE)
lock:
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --output-file requirements-dev.lock
	$(LOCK) --group dev --resolution lowest-direct --output-file requirements-lowest.lock

# Of an environment and a lock file.
define install
	@echo "Installing into $(1) ..."
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" $(1) && \
		uv pip install --quiet --python $(1)/bin/python --require-hashes --compile-bytecode -r $(2) && \
		uv pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation --editable . ; \
	else \
		$(PYTHON) -m venv $(1) && \
		$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2) && \
		$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
			--editable . ; \
	fi
	@touch $@
endef

$(RUN): requirements.lock pyproject.toml
	$(call install,$(VENV),requirements.lock)

$(READY): requirements-dev.lock pyproject.toml
	$(call install,$(VENV),requirements-dev.lock)
	@touch $(RUN)

$(LOWEST)/.ready: requirements-lowest.lock pyproject.toml
	$(call install,$(LOWEST),requirements-lowest.lock)

clean:
	rm -rf .venv .venv-* assets state/*.db* state/preview .mypy_cache .ruff_cache .pytest_cache .hypothesis
