#!/usr/bin/env bash
# Makes a git repository with the shop on `main` and the dangerous branch checked out: make.sh FOLDER
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: make.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
[ -z "$(ls -A)" ] || {
  echo "$folder is not empty" >&2
  exit 1
}

commit() {
  git add --all
  git -c user.name=Bob -c user.email=bob@example.com commit --quiet --message "$1"
}

git init --quiet --initial-branch=main
cp -R "$here/../shop/sluice.toml" "$here/../shop/migrations" .
commit "The shop"
git checkout --quiet -b faster-orders
cp -R "$here/branch/." .
commit "Make orders faster"
