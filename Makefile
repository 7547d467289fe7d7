# make test   every test, what they need installed first
# make check  what continuous integration runs: format, vet, lint, tests with the race detector, a short fuzz of each target
# make lives  the life of a pull request a hundred times, each with other accidents
# make torture  the fault suite: 2,000 deliveries and 100 kills, one bot and three bots on three NATS servers
# make load   a day of 1,000 repositories, compressed, and the webhook's rate beside the raw store's
# make bench  the benchmarks
# make demo   the main job on this machine

# The race detector needs a C compiler.
RACE := $(if $(shell command -v $$(go env CC) 2>/dev/null),-race,)
FUZZTIME ?= 1000x
SEED ?= 1

.PHONY: check test lives torture load bench-hook lint fmt vet bench demo fuzz

check: fmt vet lint test fuzz

test: fixtures/node_modules/.package-lock.json
	go test $(RACE) -timeout 20m ./...

lives: fixtures/node_modules/.package-lock.json
	PODCHECK_TEST_LIVES=100 go test ./bot -run TestLife -timeout 60m

torture: fixtures/node_modules/.package-lock.json
	PODCHECK_TEST_TORTURE="deliveries=2000 kills=100 seed=$(SEED)" go test ./bot ./bot/queue -run 'TestTorture$$|PowerLoss' -v -timeout 60m

load: bench-hook
	PODCHECK_TEST_DAY="repositories=1000 rounds=3" go test ./bot -run 'TestDay$$' -v -timeout 60m

bench-hook:
	go test ./bot/hook -run '^$$' -bench Hook -benchtime 20x

# GitHub's own API documents, which the tests hold every request and answer against.
fixtures/node_modules/.package-lock.json: fixtures/package-lock.json
	cd fixtures && npm ci --ignore-scripts --no-audit --no-fund

fmt:
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

lint:
	go tool staticcheck ./...

fuzz:
	@FUZZTIME=$(FUZZTIME) ./.ci/fuzz

bench:
	go test -run '^$$' -bench . -benchmem ./...

demo:
	go run ./cmd/podcheck demo
