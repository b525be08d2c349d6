# Untether: every job of the project. `make help` lists them.
# The Python of .venv, if there is one, before others; PYTHON=python3.12 names another.
MADE_BY := $(shell sed -n 's/^version = \([0-9]*\.[0-9]*\).*/python\1/p' .venv/pyvenv.cfg 2>/dev/null)
PYTHON ?= $(firstword $(foreach name,$(MADE_BY) python3.12 python3.11 python3,$(if $(shell $(name) -c 'import sys; print(sys.version_info[:2] in ((3, 11), (3, 12)))' 2>/dev/null | grep True),$(name))) python3)
BIN := .venv/bin
SOURCES := policies training hardware ros_ws/src/untether_nodes tests tools setup.py
# Tests that start processes with real times run one after the other, all others in two processes.
ALONE := tests/nodes tests/launcher
TOGETHER := $(filter-out tests/__pycache__ $(ALONE),$(patsubst %/,%,$(wildcard tests/*/)) $(wildcard tests/test_*.py))
PYTEST := ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST OMP_NUM_THREADS=1 $(BIN)/python -m pytest
BUNDLE ?= policies/zoo/crazyflie_waypoint

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast format lint type bench eval zoo clean

help:  ## list the jobs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup:  ## make .venv with everything in it; runs once, continues after an interruption
	@$(PYTHON) tools/bootstrap.py

demo: setup  ## train, export, check, launch and fly a simulated Crazyflie through ROS 2 (about 5 minutes)
	@$(BIN)/untether demo

test: setup  ## run all tests
	@$(PYTEST) -n 2 --dist loadfile $(TOGETHER)
	@$(PYTEST) $(ALONE)

test-fast: setup  ## run the tests that take less than ten seconds each
	@$(PYTEST) -m "not slow"

format: setup  ## format the sources
	@$(BIN)/ruff check --quiet --fix $(SOURCES); $(BIN)/ruff format $(SOURCES)

lint: setup  ## check style, names and docstrings
	@$(BIN)/ruff check $(SOURCES) && $(BIN)/ruff format --check $(SOURCES)

type: setup  ## check the types
	@$(BIN)/pyright

bench: setup  ## measure policy tick, simulation and closed loop against their targets
	@$(BIN)/untether bench policy-tick
	@$(BIN)/untether bench sim
	@$(BIN)/untether bench closed-loop

eval: setup  ## evaluate BUNDLE in the training simulator and in MuJoCo
	@$(BIN)/untether eval $(BUNDLE)

clean:  ## remove everything that set-up and runs have made
	rm -rf .venv .setup.lock runs ros_ws/build ros_ws/log build dist *.egg-info ros_ws/src/untether_nodes/*.egg-info
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
