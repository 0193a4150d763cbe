# mixmo: `make demo` and `make test` install what they need and run.

PREFIX ?= /usr/local
PACKAGES = libopenblas-dev libpng-dev libjpeg62-turbo-dev libzip-dev libssl-dev pkg-config \
  curl ca-certificates
BUILD = swift build -c release --explicit-target-dependency-import-check error
SOURCES = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

.PHONY: setup build demo test bench lint install

setup:
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok' || echo $$p; done); \
	[ -z "$$missing" ] || { sudo=$$([ $$(id -u) = 0 ] || echo sudo); $$sudo apt-get update && $$sudo apt-get install -y $$missing; }

build: setup
	$(BUILD)

demo: build
	.build/release/mixmo demo --output demo

test: setup
	$(BUILD) --build-tests
	swift test -c release --skip-build --no-parallel

bench: build
	cd Benchmarks && swift run -c release Benchmarks

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

install: build
	install -D .build/release/mixmo $(DESTDIR)$(PREFIX)/bin/mixmo
	install -d $(DESTDIR)$(PREFIX)/share/mixmo
	cp -R corruptions config $(DESTDIR)$(PREFIX)/share/mixmo/
