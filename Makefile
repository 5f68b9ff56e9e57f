# Croft runs a language model on your own device. Start with: make run

# The same flags for every build, test and check, so that they share one cache.
export GOFLAGS := $(GOFLAGS) -trimpath -tags=sqlite_fts5,migrated_fynedo
export CGO_ENABLED := 1

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

run: build ## install what is missing, build, and open the window
	@./croft || true # it has said why

build: ## build ./croft
	@scripts/install build
	@scripts/build croft

test: ## check everything, as the release is checked
	@scripts/install test
	@scripts/test

lint: vet format staticcheck ## go vet, gofumpt and staticcheck

vet:
	@scripts/install build
	go vet ./...
	cd bench && go vet ./...

format:
	@echo "gofumpt -l ."
	@files=$$(CGO_ENABLED=0 go run $(GOFUMPT) -l .) && test -z "$$files" || { echo "not formatted:" $$files; exit 1; }

staticcheck:
	@scripts/install build
	go run $(STATICCHECK) ./...
	cd bench && go run $(STATICCHECK) ./...

bench: build ## measure the window and the parts on this machine
	go test -run '^$$' -bench . ./...

bench-table: build ## measure Croft beside llama.cpp, as in README.md
	cd bench && go run .

mesh-demo: ## watch a reply survive the device that writes it: three devices in network namespaces, as root
	@scripts/install test
	CROFT_E2E_DEMO=1 go test -count=1 -v -run 'TestDemo$$' ./app/e2e

mesh-figures: ## measure what README.md says of devices, as root: minutes
	@scripts/install test
	CROFT_E2E_FIGURES=1 CROFT_E2E_KILLS=100 go test -count=1 -v -timeout 40m -run 'TestFigures$$|TestAReplySurvives' ./app/e2e
	go test -run '^$$' -bench 'Fetch|PlainCopy' ./app/models

shots: ## save pictures of all screens in .build/shots, and renew those of README.md
	@scripts/install build
	@mkdir -p .build/shots
	CROFT_SHOTS=$(CURDIR)/.build/shots go test -count=1 -run TestShots ./app/ui
	@cd assets/shots && cp $(addprefix ../../.build/shots/,$(notdir $(wildcard assets/shots/*.png))) .

starter: build ## train the starter anew and pack it: hours
	@scripts/starter train
	@scripts/starter pack

starter-eval: build ## ask the starter what it was never trained on, and renew its card
	@scripts/starter eval

soak: build ## look for rare failures for an hour: SOAK=minutes
	@scripts/soak $(or $(SOAK),60)

clean: ## remove what was built here
	rm -rf croft .build

.PHONY: help run build test lint vet format staticcheck bench bench-table shots starter starter-eval soak clean
