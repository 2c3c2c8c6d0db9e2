# make test installs what the tests need (as root on Debian; elsewhere the
# tests that need more than Go skip with a line that says so) and runs them all.

GO ?= go
export CGO_ENABLED = 0
SYSTEMS = windows darwin freebsd openbsd netbsd solaris

.PHONY: build test install-needs check cross unit lab fuzz bench man

build:
	$(GO) build -trimpath -ldflags "-s -w" -o sonde ./cmd/sonde

test: install-needs check cross unit

install-needs:
	@sh lab/install-needs

check:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

cross:
	@for os in $(SYSTEMS); do echo "vet $$os"; GOOS=$$os $(GO) vet ./... || exit 1; done

# The race detector needs cgo on Linux, the product does not.
unit:
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

# Every fuzz target for a short while; findings land in testdata/fuzz.
fuzz:
	sh lab/fuzz-all 10s

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...
