# Every target is one command of make.py, which also works where `make` is missing: python3 make.py test
#   make test ARGS="-k conv"          arguments for the command
#   make test PYTHON=python3.12       another Python
PYTHON ?= python3
ARGS ?=
COMMANDS := setup test audit grade test-all html book site-test pdf normalise lint lab bench lock clean

.DEFAULT_GOAL := help
.PHONY: help $(COMMANDS)

help:
	@$(PYTHON) make.py help

$(COMMANDS):
	@$(PYTHON) make.py $@ $(ARGS)
