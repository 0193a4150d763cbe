# mixmo: `make demo` and `make test` install what they need and run.

PREFIX ?= /usr/local
PACKAGES = libopenblas0 libpng-dev libjpeg-dev libzip-dev libssl-dev pkg-config \
  curl ca-certificates gnuplot-nox fonts-liberation
TEST_PACKAGES = chromium python3-numpy texlive-latex-base texlive-latex-recommended
DIST_PACKAGES = dpkg-dev patchelf xz-utils
MPI_PACKAGES = libopenmpi-dev openmpi-bin iproute2 python3
WANTED = $(PACKAGES)
# Full debug information takes a tenth of a build's time; backtraces need line tables alone.
# Without the last flag the compiler reads the sources of each module twice, once for its module file.
FLAGS = -Xcc -gline-tables-only -Xswiftc -gline-tables-only -Xswiftc -no-emit-module-separately-wmo
BUILD = swift build -c release $(FLAGS) --explicit-target-dependency-import-check error
# The program for jobs of several processes.
MPI = .build/mixmo-mpi
SOURCES = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

# libFuzzer's and the address sanitizer's flags: SwiftPM passes the compiler one sanitizer alone.
FUZZ = .build/fuzz
SANITIZE = --sanitize address --sanitize fuzzer -Xswiftc -sanitize=address,fuzzer
SECONDS = 60
TARGETS = $$($(FUZZ)/release/Fuzzing --targets)

# The libraries that others can depend on, and where the documentation goes.
LIBRARIES = Scoring Corruptions Images Checkpoints Formats
DOCS = .build/documentation

# Writes the symbols of a module that was built. The C modules below it are found by their maps; that of MPI is in no product.
MODULE_MAPS = .build/release/*.build/module.modulemap Sources/C*/module.modulemap .build/checkouts/*/Sources/C*/include/module.modulemap
SYMBOLS = swift symbolgraph-extract -target $$(uname -m)-unknown-linux-gnu -I .build/release/Modules $$(pkg-config --cflags libpng) \
  $$(ls $(MODULE_MAPS) | grep -v CMPI | sed 's/^/-Xcc -fmodule-map-file=/') -minimum-access-level public -skip-synthesized-members

# Packages for machines without Swift. Files in them have the time of the commit, so that they have the same bytes when they are
# made again.
VERSION = $(shell sed -n 's/^  static let version = "\(.*\)"/\1/p' Sources/mixmo/Mixmo.swift)
DIST = .build/dist
STATIC = .build/static
BUNDLE = mixmo-$(VERSION)-linux-x86_64
MAINTAINER ?= $(shell git log -1 --format='%an <%ae>')
MANUAL = .build/plugins/GenerateManual/outputs/mixmo
# The program finds the libraries that are carried along, and theirs, relative to itself.
STATICALLY = --scratch-path $(STATIC) --static-swift-stdlib -Xcc -ffile-prefix-map=$(CURDIR)/= \
  -Xlinker --disable-new-dtags -Xlinker '-rpath=$$ORIGIN/../lib/mixmo'

.PHONY: setup python3 build demo test mpi test-mpi test-python same-bytes tutorials benchmarks bench fuzz lint docs install \
  install-mpi install-tables program manual dist deb wheel test-wheel

setup:
	@missing=$$(for p in $(WANTED); do dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok' || echo $$p; done); \
	[ -z "$$missing" ] || { sudo=$$([ $$(id -u) = 0 ] || echo sudo); $$sudo apt-get update && \
	$$sudo apt-get install -y --no-install-recommends $$missing; }

python3:
	@command -v python3 > /dev/null || $(MAKE) setup WANTED=python3

build: setup
	$(BUILD) $(if $(ONLY),--target $(ONLY),--product mixmo)

demo: build
	.build/release/mixmo demo --output demo

test: WANTED += $(TEST_PACKAGES)
test: setup
	$(BUILD) --build-tests
	swift test -c release --skip-build --no-parallel $(if $(ONLY),--filter '$(ONLY)')

# The program with MPI stands apart from the ordinary one; the tests of its jobs need both.
mpi: WANTED += $(MPI_PACKAGES)
mpi: setup
	$(BUILD) --traits MPI --product mixmo
	mv .build/release/mixmo $(MPI)

test-mpi: WANTED += $(MPI_PACKAGES) $(TEST_PACKAGES)
test-mpi: setup
	$(BUILD) --build-tests
	cp .build/release/mixmo .build/mixmo
	$(MAKE) mpi
	mv .build/mixmo .build/release/mixmo
	MIXMO_MPI=$(CURDIR)/$(MPI) swift test -c release --skip-build --no-parallel --filter JobCommandTests

# The Python package with the ordinary program; test-wheel tests it as it is installed.
test-python: build
	MIXMO_PROGRAM=$(CURDIR)/.build/release/mixmo PYTHONPATH=Packaging/python:Sources/mixmo/Resources \
	python3 -m unittest discover Packaging/python/tests

# Runs each subcommand, and names the results that are not those of the committed list, by their SHA-256:
# those of the instruction set AVX2, whose results other sets differ from by roundings, in OpenBLAS as well.
same-bytes: python3 build
	rm -rf .build/same-bytes
	OPENBLAS_CORETYPE=Haswell MIXMO_KERNELS=avx2 \
	python3 Tests/SameBytes/same_bytes.py .build/release/mixmo .build/same-bytes

# Runs the listings of the documentation, and names those that are stale; TUTORIALS=--write writes their outputs
# and pictures anew, TUTORIALS=--demo runs the demo in full as well. With `make mpi` before, jobs of MPI too.
tutorials: WANTED += python3-numpy
tutorials: build
	rm -rf .build/tutorials
	python3 Tests/Tutorials/tutorials.py .build/release/mixmo .build/tutorials $(if $(wildcard $(MPI)),--mpi $(MPI)) $(TUTORIALS)

benchmarks: setup
	swift build --package-path Benchmarks --scratch-path .build -c release $(FLAGS)

bench: build benchmarks
	cd Benchmarks && ../.build/release/Benchmarks

# Each target for SECONDS, or those that TARGETS names. Inputs that fail stay in $(FUZZ)/findings, those
# that reach new code in $(FUZZ)/corpus.
fuzz: setup
	MIXMO_FUZZ=1 swift build -c release --scratch-path $(FUZZ) --product Fuzzing $(SANITIZE)
	$(FUZZ)/release/Fuzzing --seeds $(FUZZ)/corpus
	mkdir -p $(FUZZ)/findings
	for target in $(TARGETS); do echo "$$target"; \
	SWIFT_BACKTRACE=enable=no $(FUZZ)/release/Fuzzing $$target -max_total_time=$(SECONDS) \
	-print_final_stats=1 -artifact_prefix=$(FUZZ)/findings/$$target- $(FUZZ)/corpus/$$target || exit 1; done

# Format; imports, folders and documents (.ci/structure.py says what of them).
lint: python3
	swift format lint --strict --recursive --parallel $(SOURCES)
	python3 .ci/structure.py

# A site of static pages in $(DOCS)/site, for any web server: python3 -m http.server --directory $(DOCS)/site
# JSON that is printed for people has its keys in order, so that the same sources make the same bytes.
docs: export DOCC_JSON_PRETTYPRINT = YES
docs: build
	rm -rf $(DOCS)
	for name in mixmo $(LIBRARIES); do \
	mkdir -p $(DOCS)/$$name && { [ $$name = mixmo ] || $(SYMBOLS) -module-name $$name -output-dir $(DOCS)/$$name; } || exit 1; \
	catalog=Sources/$$name/Documentation.docc; [ -d $$catalog ] || catalog=; \
	docc convert $$catalog --additional-symbol-graph-dir $(DOCS)/$$name --fallback-display-name $$name \
	--fallback-bundle-identifier $$name --warnings-as-errors --transform-for-static-hosting \
	--output-path $(DOCS)/$$name.doccarchive || exit 1; done
	docc merge $(foreach name,mixmo $(LIBRARIES),$(DOCS)/$(name).doccarchive) \
	--synthesized-landing-page-name 'mixmo and its libraries' --synthesized-landing-page-topics-style list --output-path $(DOCS)/site
	echo '<!DOCTYPE html><title>mixmo</title><meta http-equiv="refresh" content="0; url=documentation/mixmo/">' > $(DOCS)/site/index.html

install: build install-tables
	install -D .build/release/mixmo $(DESTDIR)$(PREFIX)/bin/mixmo

install-mpi: mpi install-tables
	install -D $(MPI) $(DESTDIR)$(PREFIX)/bin/mixmo-mpi

install-tables:
	install -d $(DESTDIR)$(PREFIX)/share/mixmo
	cp -R corruptions config $(DESTDIR)$(PREFIX)/share/mixmo/

manual dist deb wheel: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct)

program: setup
	$(BUILD) --product mixmo $(STATICALLY)

# A page for each subcommand, such as mixmo-evaluate.1.
manual: build
	rm -rf $(MANUAL) .build/manual
	swift package $(FLAGS) generate-manual --multi-page --date $$(date -u -d @$(SOURCE_DATE_EPOCH) +%F)
	mkdir .build/manual
	for page in $(MANUAL)/*.1; do \
	sed -f Packaging/manual.sed $$page > .build/manual/$$(basename $$page .1 | tr . -).1 || exit 1; done

# A folder that runs anywhere below itself.
dist deb wheel: WANTED += $(DIST_PACKAGES)
dist: program manual docs
	Packaging/lay-out.sh $(STATIC)/release/mixmo $(DIST)/$(BUNDLE) all
	tar --create --sort=name --mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner --use-compress-program 'xz -9' \
	--directory $(DIST) --file $(DIST)/$(BUNDLE).part $(BUNDLE)
	mv $(DIST)/$(BUNDLE).part $(DIST)/$(BUNDLE).tar.xz

deb: program manual docs
	Packaging/lay-out.sh $(STATIC)/release/mixmo $(DIST)/deb/usr codecs
	Packaging/deb.sh $(DIST)/deb $(VERSION)-1 '$(MAINTAINER)' $(DIST)/mixmo_$(VERSION)-1_amd64.deb

wheel: python3 dist
	Packaging/wheel.py $(DIST)/$(BUNDLE) $(VERSION) $(DIST)

# In a new virtual environment, without pandas and with it; auditwheel reads the tag from the files.
test-wheel: WANTED += $(DIST_PACKAGES) python3-venv
test-wheel: wheel
	rm -rf $(DIST)/venv && python3 -m venv $(DIST)/venv
	$(DIST)/venv/bin/pip install --quiet auditwheel $(DIST)/mixmo-$(VERSION)-*.whl
	$(DIST)/venv/bin/auditwheel show $(DIST)/mixmo-$(VERSION)-*.whl
	$(DIST)/venv/bin/python -m unittest discover Packaging/python/tests
	$(DIST)/venv/bin/pip install --quiet pandas
	$(DIST)/venv/bin/python -m unittest discover Packaging/python/tests
