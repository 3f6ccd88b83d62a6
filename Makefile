# Targets that a user needs; `make` alone lists them. BERTH_DATA_DIR (default /var/lib/berth) sets the data folder.
SHELL := /bin/sh
.DEFAULT_GOAL := help
ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x64)
NODE_BIN := $(ROOT)node_modules/node-linux-$(ARCH)/bin
export PATH := $(NODE_BIN):$(ROOT)node_modules/.bin:$(PATH)
RUN := $(NODE_BIN)/node --disable-warning=ExperimentalWarning
BENCHES := $(sort $(patsubst bench/%.ts,%,$(filter-out %.test.ts,$(wildcard bench/*.ts))))

.PHONY: help up down purge test e2e soak lint verify-wire bench deps deps-test $(addprefix bench-,$(BENCHES))

help: ## lists the targets
	@echo 'Berth: make TARGET'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(ROOT)Makefile | awk -F'|' '{printf "%-10s %s\n", $$1, $$2}'
	@echo 'The CLI: bin/berth --help. The folder for data: BERTH_DATA_DIR (default /var/lib/berth).'

up: deps ## installs what is missing, starts the cluster, runs hello, says what to do next
	@bin/berth up

down: ## stops the cluster; its state stays
	@bin/berth down

purge: ## stops the cluster and removes its data and all else that Berth put on the machine
	@bin/berth purge
	@scripts/packages.sh remove

test: deps-test ## lint, unit tests, store conformance, end-to-end: under 20 minutes
	@scripts/test.sh

e2e: deps-test ## the whole end-to-end set on both stores
	@scripts/test.sh e2e

soak: deps-test ## 100 rounds of apply and delete, long kill series
	@scripts/test.sh soak

lint: deps-test ## types, layers, banned globals, npm packages per folder, dead code
	@scripts/lint.sh

verify-wire: deps ## FIXTURES=DIR: checks each pair NAME.json and NAME.pb of the folder, byte for byte in both directions
	@$(RUN) scripts/verify-wire.ts "$(FIXTURES)"

bench: ## lists the benchmarks
	@for name in $(BENCHES); do echo "make bench-$$name"; done

$(addprefix bench-,$(BENCHES)): bench-%: deps-test
	@$(RUN) bench/$*.ts

deps: ## OS packages and npm packages, where missing
	@scripts/packages.sh install run
	@scripts/node-modules.sh

deps-test: deps
	@scripts/packages.sh install test
