# Set-up and daily commands. Each says what it does; `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
# Without byte code every Pulumi run compiles the Azure packages anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help up down test lint bench clean packages tools pulumi

# The project's own programs first, as `local-azure exec` does it.
WITH_TOOLS := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.local/toolchain:$$PATH"

help: ## List the targets
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1\t\2/p' Makefile

up: packages pulumi ## Set up, then fine-tune and serve the example on local Azure
	@.venv/bin/local-azure start --operator
	@.venv/bin/local-azure exec -- .venv/bin/finetune up --stack local

down: ## Destroy the local stack and stop local Azure
	@toolchain/down

test: tools pulumi ## Run all tests
	@$(WITH_TOOLS) .venv/bin/python -m pytest -q -n 2 --dist worksteal

lint: tools ## Check style, types and the import rule
	@result=0; \
	.venv/bin/ruff check || result=1; \
	.venv/bin/ruff format --check || result=1; \
	.venv/bin/mypy || result=1; \
	.venv/bin/lint-imports || result=1; \
	exit $$result

bench: tools pulumi ## Measure: every program in bench/
	@set -e; for program in bench/*.py; do echo "== $$program"; $(WITH_TOOLS) .venv/bin/python "$$program"; done

clean: ## Stop local Azure and remove all that make has made here
	@toolchain/clean

packages:
	@toolchain/python toolchain/make_environment.py requirements.lock

tools:
	@toolchain/python toolchain/make_environment.py requirements-dev.lock

pulumi:
	@.venv/bin/python toolchain/install_pulumi.py
