# Three commands do everything on a fresh machine with Python, make, perl and g++:
#   make demo    trains a network by stochastic circuits and replays its updates in Verilog
#   make check   checks style and types, and runs the fast tests
#   make test    checks style and types, runs every test and cross-checks the catalogue

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Two cores are better used by two processes than by threads that wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
export NUMBA_THREADING_LAYER ?= workqueue

# A process takes a whole file of tests, so that its fixtures are made once; tests/conftest.py
# puts files with long tests first. If a process dies, the tests end: started again, it would
# take the same file, and pytest-xdist may wait forever.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder \
	--max-worker-restart 0

.PHONY: demo style yosys check test verify benchmark docs clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet -e '.[all]'
	touch $@

demo: $(READY)
	$(BIN)/python -m examples.demo

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Yosys is WebAssembly, which is compiled when it first runs: here, before two processes need
# it, and while the types are checked. The fast tests do without.
yosys: $(READY)
	$(BIN)/python -m tests.support.compile_yosys

check: style
	$(PYTEST) -m "not slow and not simulator"

test: $(READY)
	+$(MAKE) --no-print-directory -j 2 style yosys
	$(PYTEST)

verify: $(READY)
	$(BIN)/goldstream verify

benchmark: $(READY)
	$(BIN)/python -m benchmarks

# The pages of circuits show the results in docs/results, if there are any.
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -j 2 docs .build/docs
	@echo "Open .build/docs/index.html"

clean:
	rm -rf $(VENV) .build runs
