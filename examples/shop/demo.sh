#!/usr/bin/env bash
# The main job on three SQLite databases. Called by `make demo`; safe to repeat and to interrupt: everything
# that it makes stays in examples/shop/.demo, and `rm -r examples/shop/.demo` starts the story again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
case $target in /*) ;; *) target=$repository/$target ;; esac
PATH=$target/debug:$PATH
shop=$here/.demo

bold= dim= reset=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' reset=$'\e[0m'
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$reset"; }

# run EXIT-CODE… -- COMMAND…: shows the command and runs it; any other exit code ends the demo. Sets `code`.
run() {
  local expected=()
  while [ "$1" != -- ]; do
    expected+=("$1")
    shift
  done
  shift
  printf '\n%s$ %s%s\n' "$dim" "${SLUICE_ACTOR:+SLUICE_ACTOR='$SLUICE_ACTOR' }$*" "$reset"
  code=0
  "$@" || code=$?
  for ok in "${expected[@]}"; do
    [ "$code" = "$ok" ] && return
  done
  printf '\ndemo: `%s` ended with exit code %s, expected %s\n' "$*" "$code" "${expected[*]}" >&2
  exit 1
}

# A repository of its own, so that the release has an author: Bob writes, Ann approves.
unset SLUICE_SERVER SLUICE_CONFIG SLUICE_ENV SLUICE_DATABASE SLUICE_ACTOR
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Bob GIT_AUTHOR_EMAIL=bob@example.com
export GIT_COMMITTER_NAME=Bob GIT_COMMITTER_EMAIL=bob@example.com

mkdir -p "$shop/databases"
cd "$shop"
[ -d .git ] || git -c init.defaultBranch=main init --quiet
rm -rf migrations
cp -R "$here/demo/sluice.toml" "$here/demo/migrations" .
printf '%s\n' databases/ .sluice/ >.gitignore
git add --all
git diff --cached --quiet || git commit --quiet --message "Shop: customers, orders, payments"
touch databases/dev.db databases/staging.db databases/prod.db

say "A repository: sluice.toml and $(find migrations -name '*.sql' ! -name '*.down.sql' | wc -l) changes, last commit by Bob."
run 0 -- git log -1 --oneline
run 0 -- ls migrations

say "What would happen, and where?"
run 0 -- sluice plan

say "Deploy: dev, then staging, then the gate before prod."
run 0 5 -- sluice deploy --yes

if [ "$code" = 0 ]; then
  say "Everything is applied already: nothing was run. This is what a second run is meant to do."
  run 0 -- sluice status
  say "Start the story again with: rm -r examples/shop/.demo"
  exit 0
fi

say "Exit code 5: waiting at a gate. Dev and staging are done, prod is untouched. Why?"
run 0 1 5 -- sluice rollout why

say "Bob wrote the change, so his own approval does not count. Ann gives hers."
export SLUICE_ACTOR='Ann <ann@example.com>'
run 0 -- sluice rollout approve
unset SLUICE_ACTOR

say "The same command again: it goes on where it waited."
run 0 -- sluice deploy --yes

say "And once more: everything is skipped."
run 0 -- sluice deploy --yes

say "Where every database stands, and what happened in prod."
run 0 -- sluice status
run 0 -- sluice history --env prod

say "Exactly once, in order, approved. Run \`make demo\` again: it finds nothing to do."
