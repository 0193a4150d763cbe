#!/usr/bin/env bash
# Lays out an installation in FOLDER: bin, lib/mixmo, share.
#
#   Packaging/lay-out.sh PROGRAM FOLDER all|codecs
#
# lib/mixmo has the shared libraries that the program finds there before the system's: all that it needs but those of
# every system, or the codecs alone, whose names and versions differ between Debian and Ubuntu. The manual, the site and
# the list of Swift packages are those of `make manual`, `make docs` and the folder that the program was built in.
set -euo pipefail
shopt -s inherit_errexit
umask 022
program=$1 folder=$2 carried=$3
cd "$(dirname "$0")/.."
documents=$folder/share/doc/mixmo

main() {
  rm -rf "$folder"
  install -D "$program" "$folder/bin/mixmo"
  make --no-print-directory install-tables DESTDIR= PREFIX="$(realpath "$folder")"
  libraries
  completions
  manual
  documents
  strip "$folder/bin/mixmo"
}

libraries() {
  local list
  list=$(wanted)
  mkdir -p "$folder/lib/mixmo" "$documents/licenses"
  while read -r name file; do
    install -m 644 "$(realpath "$file")" "$folder/lib/mixmo/$name"
    patchelf --force-rpath --set-rpath '$ORIGIN' "$folder/lib/mixmo/$name"
    notice "$file"
  done <<< "$list"
}

# Name and file of each library that is carried. OpenBLAS is not linked, but opened by the program.
wanted() {
  local openblas
  openblas=$(ldconfig -p | awk '$1 == "libopenblas.so.0" && !found++ { print $NF }')
  [ -n "$openblas" ] || { echo "libopenblas.so.0: not found; run make setup" >&2; exit 1; }
  { ldd "$program"; ldd "$openblas"; echo "libopenblas.so.0 => $openblas"; } | awk -v carried="$carried" '
    $2 != "=>" || $1 ~ /^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libz)[.-]/ { next }
    carried == "codecs" && $1 !~ /^lib(jpeg|zip)\./ { next }
    !seen[$1]++ { print $1, $3 }'
}

# The license of the package that a library is of, and what that refers to.
notice() {
  local package text
  package=$(dpkg -S "*/$(basename "$(realpath "$1")")" | sed -n '1s/:.*//p')
  text=/usr/share/doc/$package/copyright
  install -m 644 "$text" "$documents/licenses/$package.txt"
  for license in $(grep -oE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$text" | sort -u); do
    install -m 644 "$license" "$documents/licenses/$(basename "$license").txt"
  done
}

completions() {
  mkdir -p "$folder"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
  # The file is read, not run.
  "$program" --generate-completion-script bash | sed '1{/^#!/d}' > "$folder/share/bash-completion/completions/mixmo"
  "$program" --generate-completion-script zsh > "$folder/share/zsh/site-functions/_mixmo"
  "$program" --generate-completion-script fish > "$folder/share/fish/vendor_completions.d/mixmo.fish"
}

manual() {
  mkdir -p "$folder/share/man/man1"
  cp .build/manual/*.1 "$folder/share/man/man1"
}

documents() {
  cp -r .build/documentation/site "$documents/html"
  cp CHANGELOG.md CITATION.cff LICENSE THIRD-PARTY-NOTICES.md "$documents"
  cp Packaging/licenses/*.txt "$documents/licenses"
  cp "$(dirname "$(command -v swift)")/../share/swift/LICENSE.txt" "$documents/licenses/swift.txt"
  local scratch=${program%/release/*}
  local packages glibc
  packages=$(swift package --scratch-path "$scratch" show-dependencies --format flatlist)
  for name in $packages; do
    cp "$(find "$scratch/checkouts" -maxdepth 2 -ipath "*/$name/LICENSE*" | head -1)" "$documents/licenses/$name.txt"
  done
  glibc=$(cat "$folder/bin/mixmo" "$folder"/lib/mixmo/* | grep -aoE 'GLIBC_2\.[0-9]+' | sort -Vu | tail -1)
  sed -e "s/@VERSION@/$("$program" --version)/" -e "s/@GLIBC@/${glibc#GLIBC_}/" Packaging/README.md > "$folder/README.md"
}

main
