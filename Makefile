# make [build]   the program, ./wakesock, one static file
# make demo      build it and start the three services of the tutorial
# make test      the whole test suite, from a bare machine
# make bench     Wakesock beside its peers, one table
# make lint      what a reviewer would say first
# make fuzz      every fuzz target for FUZZ seconds (30)
# make install   PREFIX=/usr/local, DESTDIR= for packages
# make clean     what the above left behind
#
# This file only names things; what they do stands in scripts/ and in Go.

PREFIX  ?= /usr/local
DESTDIR ?=
FUZZ    ?= 30

all: build

build:
	@scripts/build

demo: build
	./wakesock demo

test:
	@scripts/test

bench:
	@scripts/go run ./bench

lint:
	@scripts/lint

fuzz:
	@scripts/fuzz $(FUZZ)

install: build
	@scripts/install "$(DESTDIR)$(PREFIX)"

clean:
	rm -rf wakesock out

.PHONY: all build demo test bench lint fuzz install clean
