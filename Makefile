# The commands of the README. Each installs what it needs first; nothing here needs more than Debian 12 and a Swift toolchain.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

LIBRARIES := librdkafka-dev libcurl4-openssl-dev libssl-dev libhiredis-dev libzstd-dev
PROGRAMS  := redis-server kcat curl nginx-light openssl docker-compose python3-venv pkg-config
SUDO      := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PYTHON    := .build/python/bin/python
# Those that start processes mostly wait: six at once take a sixth of the time. A compiler that cannot bound their number runs them one
# after the other, as it does the tests that measure time.
AT_ONCE   := --experimental-maximum-parallelization-width
TEST_WIDTH = $(shell swift test --help-hidden | grep -ce '$(AT_ONCE)' >/dev/null && echo "--parallel $(AT_ONCE) 6" || echo --no-parallel)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: install
install: ## Install the Debian packages that are missing
	@missing=(); for package in $(LIBRARIES) $(PROGRAMS); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	    echo "installing $${missing[*]}"; \
	    $(SUDO) apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

.PHONY: build
build: install ## Build the release binary, .build/release/switchyard
	swift build -c release --product switchyard

.PHONY: demo
demo: build ## Run the main job on this machine: Redis, broker, simulated provider, two workers, real questions
	.build/release/switchyard demo

.PHONY: test
test: install $(PYTHON) lint ## Build and run all tests, and the short forms of the drills
	swift build --build-tests
	FUZZ=.build/debug/fuzz FUZZ_INPUTS=25000 python3 Tests/Fuzz/fuzz.py
	$(PYTHON) Tests/Python/validate_schemas.py
	/usr/bin/python3 Tests/Python/check_compose.py
	SWITCHYARD_BIN=.build/debug/switchyard N=2000 $(PYTHON) Tests/Drills/bulk.py
	SWITCHYARD_BIN=.build/debug/switchyard N=1000 $(PYTHON) Tests/Drills/in_flight.py
	SWITCHYARD_BIN=.build/debug/switchyard N=2000 KILLS=2 MODE=exactly_once $(PYTHON) Tests/Drills/chaos.py
	SWITCHYARD_BIN=.build/debug/switchyard N=2000 EVENTS=6 $(PYTHON) Tests/Drills/rebalance.py
	SWITCHYARD_BIN=.build/debug/switchyard N=2000 SLOW_S=8 $(PYTHON) Tests/Drills/head_of_line.py
	SWITCHYARD_BIN=.build/debug/switchyard $(PYTHON) Tests/Drills/sdk.py
	SWITCHYARD_BIN=.build/debug/switchyard N=10 $(PYTHON) Tests/Drills/llmock.py
	SWITCHYARD_BIN=.build/debug/switchyard STREAMS=100 CHUNKS=100 $(PYTHON) Tests/Drills/streams.py
	SWITCHYARD_BIN=.build/debug/switchyard N=1000 WORKERS=2 $(PYTHON) Tests/Drills/single_flight.py
	SWITCHYARD_BIN=.build/debug/switchyard WORKERS=2 KILLS=0 SECONDS=30 LEAST=0.95 $(PYTHON) Tests/Drills/quota.py
	SWITCHYARD_BIN=.build/debug/switchyard WORKERS=2 FAULTS=restarted,killed,full KILLED_S=8 FULL_S=8 RECOVERY_S=10 \
	    $(PYTHON) Tests/Drills/redis_away.py
	SWITCHYARD_TEST_PYTHON="$(CURDIR)/$(PYTHON)" Tests/with-failures-last Tests/independent-broker \
	    swift test --skip-build --no-parallel --filter SystemTests --skip "CommandLineTests|BrokerCommandTests|ProviderTests|SecrecyTests|BatchTests|LargeMessageTests|aStreamThatBreaks"
	SWITCHYARD_TEST_PYTHON="$(CURDIR)/$(PYTHON)" Tests/with-failures-last \
	    swift test --skip-build $(TEST_WIDTH) --filter "SystemTests|KafkaTests"
	SWITCHYARD_TEST_PYTHON="$(CURDIR)/$(PYTHON)" Tests/with-failures-last \
	    swift test --skip-build --no-parallel --skip "SystemTests|KafkaTests"

.PHONY: lint
lint: ## Check the formatting of the sources
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

$(PYTHON): Tests/Python/requirements.txt | install
	python3 -m venv .build/python
	.build/python/bin/pip install --quiet --disable-pip-version-check -r Tests/Python/requirements.txt
	@touch $@

.PHONY: drill-bulk
drill-bulk: build ## Answer N=100000 requests with two workers: none missing, none doubled, in order
	python3 Tests/Drills/bulk.py

.PHONY: drill-in-flight
drill-in-flight: build ## Have N=10000 requests in flight in one worker, and tell its memory
	python3 Tests/Drills/in_flight.py

.PHONY: drill-chaos
drill-chaos: build ## Kill workers, disturb brokers and Redis: nothing is lost, nothing is paid twice
	python3 Tests/Drills/chaos.py

.PHONY: drill-rebalance
drill-rebalance: build ## Let workers join and leave all the time: nothing is lost
	python3 Tests/Drills/rebalance.py

.PHONY: drill-head-of-line
drill-head-of-line: build ## Let one request take SLOW_S=60 seconds: those behind it do not wait
	python3 Tests/Drills/head_of_line.py

.PHONY: drill-quota
drill-quota: build ## Have WORKERS=8 share a key of RPM=600 requests a minute for SECONDS=300: nearly all is used, and no more
	python3 Tests/Drills/quota.py

.PHONY: drill-redis
drill-redis: build ## Restart, pause, kill and fill Redis under load: nothing is lost, and limits hold
	python3 Tests/Drills/redis_away.py

.PHONY: drill-single-flight
drill-single-flight: build ## Have N=10000 requests ask WORKERS=8 workers the same: the provider is called once
	python3 Tests/Drills/single_flight.py

.PHONY: drill-streams
drill-streams: build ## Have STREAMS=1000 answers of CHUNKS=500 pieces streamed at once by one worker, and tell its CPU and memory
	python3 Tests/Drills/streams.py

.PHONY: drill-sdk
drill-sdk: build $(PYTHON) ## Compare what is sent with what the providers' own SDKs send
	$(PYTHON) Tests/Drills/sdk.py

.PHONY: drill-llmock
drill-llmock: build $(PYTHON) ## Have llmock break N=200 requests a provider and fault, and judge how the worker takes it
	$(PYTHON) Tests/Drills/llmock.py

# libFuzzer is instrumentation that the compiler brings; where it does not build, the program makes its own inputs. Gold, the usual
# linker, cannot link it. Checks that release builds leave out are kept.
FUZZER := -sanitize=fuzzer,address -DLIBFUZZER -assert-config Debug -use-ld=lld

.PHONY: fuzz
fuzz: install ## Feed each parser of answers, streams and requests with FUZZ_INPUTS=1000000 damaged inputs in all
	@program=.build-fuzz/release/fuzz; \
	swift build -c release --scratch-path .build-fuzz --product fuzz $(addprefix -Xswiftc ,$(FUZZER)) || { \
	    echo "libFuzzer does not build here; inputs are made without it"; \
	    program=.build/release/fuzz; \
	    swift build -c release --product fuzz; \
	}; \
	FUZZ=$$program python3 Tests/Fuzz/fuzz.py

.PHONY: bench
bench: build ## Measure against the floor and the peers, into Benchmarks/results
	Benchmarks/run

.PHONY: bench-limits
bench-limits: build ## Compare the same limit kept to by WORKERS=4 of us and of LiteLLM for SECONDS=180
	Benchmarks/run --install-only
	.build/bench-python/bin/python Benchmarks/limits.py

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf .build .build-fuzz
