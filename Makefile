# `make` lists the targets. The work is done by scripts/, which also say what
# they need.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Go is often installed here without being on the PATH.
export PATH := $(PATH):/usr/local/go/bin

# How long `make fuzz` spends on each target, in seconds.
FUZZTIME ?= 60

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: go ## decide a day of requests with the example bundle (needs only Go)
	@go run ./cmd/edgewise demo

.PHONY: test
test: setup ## set up the tools (the first time), then run every test
	@go vet ./...
	@scripts/build-module --check
	@go test ./... | sed '/\[no test files\]$$/d'
	@go test -tags edgewise_steps ./core ./core/policy ./bundles/bound
	@scripts/faults

.PHONY: check
check: ## run all that CI runs
	@.ci/run

.PHONY: module
module: setup ## build the WebAssembly module that host embeds
	@scripts/build-module

.PHONY: fuzz
fuzz: go ## fuzz every target for FUZZTIME seconds (60)
	@scripts/fuzz $(FUZZTIME)

.PHONY: bench
bench: go ## measure beside other engines, natively and in the module, and print what is aimed at
	@cd scripts/bench && go run .

.PHONY: bench-fastly
bench-fastly: setup ## measure in Viceroy what deciding adds to a page at Fastly Compute
	@go test ./edge/fastly -run TestSpeed -speed -v | sed -n 's/^ *speed_test.go:[0-9]*: //p'

.PHONY: fmt
fmt: go ## format the Go code
	@gofmt -l -w .

.PHONY: setup
setup: go
	@scripts/setup tinygo versitygw viceroy varnish ofrepjs typescript

.PHONY: go
go:
	@scripts/need-go
