#!/usr/bin/env bash
# Installs what `make bench` compares with, into .tools/bin: refinery_cli and sqlx-cli, built for PostgreSQL only, pgmold, and squawk. Takes
# some minutes of CPU the first time, nothing afterwards. PostgreSQL itself comes from tests/setup.sh.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${SLUICE_TOOLS:-$repository/.tools}
refinery_version=0.10.0
sqlx_version=0.9.0
squawk_version=2.70.0
pgmold_version=0.34.17

say() { printf 'setup: %s\n' "$*" >&2; }

# build PROGRAM CRATE VERSION FEATURES…
build() {
  local program=$1 crate=$2 version=$3
  shift 3
  [ -x "$tools/bin/$program" ] && "$tools/bin/$program" --version 2>/dev/null | grep -qF "$version" && return
  say "building $crate $version"
  CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --force --root "$tools" \
    --no-default-features --features "$*" --version "$version" ${BENCH_JOBS:+--jobs "$BENCH_JOBS"} "$crate"
}

# refinery speaks TLS through the system's OpenSSL.
if ! [ -x "$tools/bin/refinery" ] && ! pkg-config --exists openssl 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install pkg-config libssl-dev >/dev/null
  else
    say "refinery needs the packages pkg-config and libssl-dev: install them and run this again"
    exit 1
  fi
fi

mkdir -p "$tools"
build refinery refinery_cli "$refinery_version" postgresql
build sqlx sqlx-cli "$sqlx_version" postgres
build pgmold pgmold "$pgmold_version"
rm -rf "$tools/build"

# squawk is a wheel with a program in it.
if ! "$tools/bin/squawk" --version 2>/dev/null | grep -qF "$squawk_version"; then
  say "installing squawk $squawk_version"
  python3 -m venv "$tools/squawk"
  "$tools/squawk/bin/pip" install --quiet --disable-pip-version-check "squawk-cli==$squawk_version"
  ln -sf ../squawk/bin/squawk "$tools/bin/squawk"
fi
