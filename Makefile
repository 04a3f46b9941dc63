# Short names for run.py, which does the work; only "lock" needs a tool of its own (uv).
PYTHON ?= python3
UV ?= uv
LOCK = $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11

.PHONY: help setup run test check bench docs lock

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: ## get everything ready for development
	$(PYTHON) run.py setup

run: ## serve; sets everything up first
	$(PYTHON) run.py

test: ## run the tests
	$(PYTHON) run.py test

check: ## run the linters, the type checker and the layer check
	$(PYTHON) run.py check

bench: setup ## measure this machine
	.venv/bin/python -m bench

docs: ## write the generated contracts and .env.example anew
	$(PYTHON) run.py docs

lock: ## pin the newest packages that work together
	$(LOCK) --upgrade requirements.in -o requirements.txt
	$(LOCK) --upgrade -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(LOCK) --upgrade requirements-node.in -o requirements-node.txt
