# Sourced by the scripts in this folder: where things are, and what they say.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/versions.env"

# A bare environment (CI, cron) may know neither a home nor where Go lives.
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export PATH="$PATH:/usr/local/go/bin:/usr/lib/go/bin:/usr/local/bin:/usr/bin:/bin"

# say prints a line for the person who waits; standard output is for results.
say() { echo "${0##*/}: $*" >&2; }

die() {
  say "$@"
  exit 1
}

# require_go ends the script unless the Go that go.mod asks for is there.
require_go() {
  local need have
  need=$(awk '$1 == "go" { print $2; exit }' "$root/go.mod")
  command -v go >/dev/null ||
    die "Go is missing: install Go $need or later from https://go.dev/dl/ and put it on the PATH"
  # In the module's folder, a Go that may fetch the right toolchain does so.
  have=$(cd "$root" && go env GOVERSION 2>/dev/null) || have=$(cd / && go env GOVERSION)
  have=${have#go}
  have=${have%% *}
  [ "$(printf '%s\n' "$need" "$have" | sort -V | head -n 1)" = "$need" ] ||
    die "Go $have is too old: install Go $need or later from https://go.dev/dl/"
}
