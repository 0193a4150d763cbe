#!/usr/bin/env bash
# Tries the packages on a new minimal system: each runs the demo, whose cells.csv is compared with that of a program.
#
#   Packaging/try.sh SUITE FOLDER PACKAGES PROGRAM
#
# As root, on a system with debootstrap. SUITE is one that it knows, such as bookworm or trixie. FOLDER gets the system;
# PACKAGES, such as .build/dist, has the archive, the Debian package and the wheel; PROGRAM, such as .build/release/mixmo,
# makes the table that is expected.
set -euo pipefail
suite=$1 root=$2 packages=$3 program=$4
table=exp_digits_wrn101-2_cutmixmo-p5_standard_bar1/cells.csv
cd "$(dirname "$0")/.."

main() {
  [ -d "$root/usr" ] || debootstrap --variant=minbase "$suite" "$root" > /dev/null
  trap 'umount "$root/proc"' EXIT
  mount --bind /proc "$root/proc"
  rm -rf "$root/try" && mkdir "$root/try"
  cp "$packages"/mixmo-*.tar.xz "$packages"/mixmo_*.deb "$packages"/mixmo-*.whl "$root/try"
  ls -l "$root/try"
  "$program" demo --quiet --output "$root/try/expected" > "$root/try/findings"
  inside apt-get -qq update
  inside apt-get -qq install --no-install-recommends xz-utils python3-venv > "$root/try/log" 2>&1
  # pip trusts what this machine trusts. After python3-venv, which installs Debian's own certificates.
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

  inside sh -c 'tar -xf mixmo-*.tar.xz && mv mixmo-*/ archive'
  try archive archive/bin/mixmo archive/bin/mixmo

  inside sh -c 'python3 -m venv venv && venv/bin/pip install --quiet mixmo-*.whl'
  try wheel venv/bin/mixmo venv/lib/python3*/site-packages/mixmo/program/bin/mixmo

  inside sh -c 'apt-get -qq install --no-install-recommends ./mixmo_*.deb' >> "$root/try/log" 2>&1
  try package mixmo /usr/bin/mixmo
}

inside() { chroot "$root" env -C /try DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# Runs the demo of a command; its program is the file that the linker is asked about.
try() {
  echo "== $suite, $1: $(inside sh -c "$2 --version")"
  inside sh -c "ldd $3" | sed 's/ (0x.*//' | sort
  inside sh -c "$2 demo --quiet --output $1-demo" > "$root/try/findings-$1"
  cmp "$root/try/expected/$table" "$root/try/$1-demo/$table"
  echo "cells.csv is the expected one: $(sha256sum < "$root/try/$1-demo/$table")"
}

main
