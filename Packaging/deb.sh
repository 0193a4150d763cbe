#!/usr/bin/env bash
# Makes a Debian package of what lay-out.sh has laid out in FOLDER/usr.
#
#   Packaging/deb.sh FOLDER VERSION MAINTAINER FILE
#
# SOURCE_DATE_EPOCH is the time of every file, and of the change that the changelog names.
set -euo pipefail
shopt -s inherit_errexit
umask 022
folder=$1 version=$2 maintainer=$3 file=$4
templates=$(dirname "$0")/deb
documents=$folder/usr/share/doc/mixmo

main() {
  documents
  completions
  install -D -m 644 "$templates/lintian-overrides" "$folder/usr/share/lintian/overrides/mixmo"
  control
  dpkg-deb --root-owner-group -Zxz --build "$folder" "$file"
}

# What Debian expects in a package's folder of documents, by its names.
documents() {
  mv "$folder/usr/README.md" "$documents/"
  copyright > "$documents/copyright"
  rm -r "$documents/licenses" "$documents/LICENSE" "$documents/THIRD-PARTY-NOTICES.md"
  printf 'mixmo (%s) unstable; urgency=medium\n\n  * Release %s; changelog.gz says what changed.\n\n -- %s  %s\n' \
    "$version" "${version%-*}" "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" > "$documents/changelog.Debian"
  mv "$documents/CHANGELOG.md" "$documents/changelog"
  gzip -9n "$documents/changelog" "$documents/changelog.Debian" "$folder"/usr/share/man/man1/*.1
}

# All notices, but for the licenses that every Debian system has as files of their own.
copyright() {
  cat "$templates/copyright" "$documents/THIRD-PARTY-NOTICES.md"
  for text in "$documents"/licenses/*; do
    [ ! -e "/usr/share/common-licenses/$(basename "$text" .txt)" ] || continue
    printf '\n\n======== %s\n\n' "$(basename "$text" .txt)"
    sed '/^ *Apache License$/,/^ *limitations under the License\.$/c /usr/share/common-licenses/Apache-2.0' "$text"
  done
}

completions() {
  mkdir -p "$folder/usr/share/zsh/vendor-completions"
  mv "$folder/usr/share/zsh/site-functions/_mixmo" "$folder/usr/share/zsh/vendor-completions/"
  rmdir "$folder/usr/share/zsh/site-functions"
}

control() {
  local depends
  # By this folder dpkg-shlibdeps knows that libraries below it are the package's own.
  rm -rf "$folder/DEBIAN" && mkdir "$folder/DEBIAN"
  depends=$(depends)
  sed -e "s/@VERSION@/$version/" -e "s/@MAINTAINER@/$maintainer/" -e "s/@DEPENDS@/$depends/" \
    -e "s/@SIZE@/$(du -sk --apparent-size "$folder/usr" | cut -f1)/" "$templates/control" > "$folder/DEBIAN/control"
  (cd "$folder" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$folder/DEBIAN/md5sums"
}

# The packages of the libraries that are linked and not carried along; the program opens OpenBLAS itself.
depends() {
  local stub
  stub=$(mktemp -d)
  mkdir "$stub/debian"
  printf 'Source: mixmo\n\nPackage: mixmo\nArchitecture: amd64\n' > "$stub/debian/control"
  local root
  root=$(realpath "$folder")
  (cd "$stub" && dpkg-shlibdeps -Osubstvars --ignore-missing-info -l"$root/usr/lib/mixmo" -S"$root" \
    "$root/usr/bin/mixmo" "$root"/usr/lib/mixmo/*)
  sed -n 's/^shlibs:Depends=\(.*\)/\1, libopenblas0/p' "$stub/substvars"
  rm -r "$stub"
}

main
