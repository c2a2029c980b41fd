# Everything a fresh clone needs. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
bin := node_modules/.bin
IMAGE ?= gavel:dev
NODE_IMAGE ?=
# What `make test` runs; of the faults its short form, which takes a minute and a half.
PROJECTS := unit model contract integration engine engine-alone e2e faults

.PHONY: help setup lock gen gen-check openapi build fmt lint types dead check static services engine engine-stop engine-status \
  run test test-unit test-model test-contract test-integration test-engine test-e2e test-faults faults faults-mutants soak bench \
  image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## node_modules as package-lock.json says
	@.make/setup.sh

lock: ## package-lock.json from package.json, whole also where the registry lacks other platforms' packages
	@npm install --package-lock-only --no-audit --no-fund --loglevel=error
	@node .make/complete-lock.mjs

run: setup build ## one real task on this machine, from its submission to its callback
	@.make/quickstart.sh

test: static services build ## static checks and all tests, on real services; closes with "N passed, N failed"
	@.make/test.sh $(PROJECTS)

test-unit: setup ## pure tests only (FILES=part-of-a-name narrows any test target)
	@.make/test.sh unit

test-model: setup ## random histories against the model
	@.make/test.sh model

test-contract: setup services build ## every Store and every runtime against its one contract
	@.make/test.sh contract

test-integration: setup services build ## parts against a real etcd and real HTTP receivers
	@.make/test.sh integration

test-engine: setup services build ## the container runtime and the cell on the real engine
	@.make/test.sh engine engine-alone

test-e2e: setup services build ## whole processes, from the command line to the callback
	@.make/test.sh e2e

test-faults: setup services build ## the most telling of the fault tests
	@.make/test.sh faults

faults: setup services build ## kills, pauses and cut connections at every step of a task, all of them; takes minutes
	@GAVEL_FAULTS=all .make/test.sh faults

faults-mutants: setup services build ## breaks each guard once, and shows which test notices (NAME=part of a mutant's name)
	@.make/with-engine.sh bash -c '.make/sample-image.sh && GAVEL_TEST_DOCKER_HOST="$$DOCKER_HOST" exec node .make/faults-mutants.mjs $(NAME)'

soak: setup services build ## small tasks and random kills for MINUTES (3); ends with a page of counts (SEED=n repeats the kills)
	@GAVEL_SOAK_MINUTES=$(or $(MINUTES),3) GAVEL_SOAK_SEED=$(SEED) .make/test.sh soak

check: static ## what must hold before a commit: the static checks, import rules and unit tests
	@.make/test.sh unit

static: setup ## format, lint, types, generated code, dead code
	@$(bin)/biome check --error-on-warnings .
	@$(bin)/oxlint --type-aware --deny-warnings
	@$(bin)/tsc --noEmit
	@.make/gen.sh --check
	@$(bin)/knip

fmt: setup ## format every file and sort its imports
	@$(bin)/biome check --write .

lint: setup ## oxlint with types
	@$(bin)/oxlint --type-aware --deny-warnings

types: setup ## the compiler's opinion
	@$(bin)/tsc --noEmit

dead: setup ## unused files, exports and packages
	@$(bin)/knip

gen: setup ## types from proto/ into src/rpc/gen
	@.make/gen.sh

openapi: setup build ## docs/openapi.json from the route table that is served
	@node --input-type=module -e "import { openApi } from './dist/bbs/http/openapi.js'; console.log(JSON.stringify(openApi(), null, 2))" > docs/openapi.json
	@$(bin)/biome format --write docs/openapi.json

gen-check: setup ## fails if those types are not what proto/ says
	@.make/gen.sh --check

build: setup ## dist/, if a source changed
	@.make/build.sh

services: ## install what the tests need (root on Debian), or say what is missing
	@.make/services.sh

engine: ## start a private Docker engine if none answers, and print its address
	@.make/engine.sh up

engine-stop: ## stop the private engine
	@.make/engine.sh down

engine-status: ## which engine answers
	@.make/engine.sh status

bench: setup ## benchmarks (NAME=one for one of them)
	@.make/bench.sh $(NAME)

image: ## the container image gavel:dev (NODE_IMAGE=... for another base)
	@docker build -t $(IMAGE) $(if $(NODE_IMAGE),--build-arg NODE_IMAGE=$(NODE_IMAGE)) .

clean: engine-stop ## remove dist/ and .run/ (the private engine with its images, the state of gavel dev)
	@rm -rf dist dist.new coverage .run
