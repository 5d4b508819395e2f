#!/bin/sh
# Run every check and every test of a checkout: sh packaging/test.sh [pytest arguments]
#
# Without arguments it runs every test, shared out to several processes; with some, it is pytest.
# Installs what is missing first (as root or through sudo). Exit status 0 only if all passed.
set -u

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
. "$ROOT/packaging/setup.sh"

# shellcheck disable=SC2086  # lists of words on purpose
need_packages $BASE_PACKAGES $WINDOW_PACKAGES $TEST_PACKAGES
need_venv dev

cd "$ROOT" || exit 1
PATH="$VENV/bin:$PATH:/usr/sbin:/sbin"
QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export PATH QT_QPA_PLATFORM

# Four at a time, as many of them wait for servers; who has done his share takes from the others.
[ $# -gt 0 ] || set -- -n 4 --dist worksteal

failed=""
check() {
    name=$1
    shift
    say "== $name"
    "$@" || failed="$failed $name,"
}

check "format" ruff format --check --quiet .
check "lint" ruff check --quiet .
check "types" mypy
check "layers" lint-imports --no-logo
check "tests" python -m pytest "$@"

[ -z "$failed" ] || fail "Not passed:${failed%,}."
