# make book   builds the book, every chapter executed, and prints where to open it
# make test   runs the unit tests, and nbval over every chapter and every worked assignment
# make course makes the assignments that students get, in assignments/release
# They need Python >= 3.11 only; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
COURSE := $(VENV)/.course

# One BLAS thread: many small matrices are slower with more.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.PHONY: book test course refresh clean

book: $(INSTALLED)
	rm -rf _build
	$(BIN)/jupyter-book build . --path-output . -W -n --keep-going
	@! grep -rlE '<(script|link|img)[^>]+(src|href)="https?:' _build/html --include='*.html' || \
	  { echo "These pages would load something from the network." >&2; exit 1; }
	@echo "The book is built. Open $(CURDIR)/_build/html/index.html"

test: $(COURSE)
	$(BIN)/python -m pytest tests --cov=lrdlib --cov-report=
	$(BIN)/python -m pytest --nbval-lax chapters assignments/source -W "ignore:No data was collected" \
	  --cov=lrdlib --cov-append --cov-report=term:skip-covered --cov-fail-under=95

course: $(COURSE)
	$(BIN)/python -m assignments course

# Executes every chapter in place, and keeps the outputs of its check cells only.
refresh: $(INSTALLED)
	$(BIN)/python book/refresh.py chapters/*.ipynb

clean:
	rm -rf _build $(VENV) .pytest_cache .coverage assignments/release assignments/_build

$(INSTALLED): requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	@touch $@

$(COURSE): $(INSTALLED) assignments/requirements.txt
	$(BIN)/python -m pip install --quiet -r assignments/requirements.txt -c constraints.txt
	@touch $@
