#!/bin/sh
# Try the program in a checkout: sh packaging/quickstart.sh [--headless]
#
# Installs what is missing first (as root or through sudo), then opens the window on a throw-away
# profile with a mail server of its own on this machine. --headless does the same main job without
# a screen and prints what it does.
set -u

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
. "$ROOT/packaging/setup.sh"

case "${1-}" in
    "") mode=window ;;
    --headless) mode=headless ;;
    *) fail "Say 'sh packaging/quickstart.sh', or add --headless on a machine without a screen." ;;
esac
if [ "$mode" = window ] && [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
    fail "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). On a machine" \
        "without one, use: sh packaging/quickstart.sh --headless"
fi

# shellcheck disable=SC2086  # lists of words on purpose
need_packages $BASE_PACKAGES
# shellcheck disable=SC2086
[ "$mode" = headless ] || need_packages $WINDOW_PACKAGES
need_venv demo

if [ "$mode" = headless ]; then
    exec "$PYTHON" -m mailclient --demo --headless
fi
exec "$PYTHON" -m mailclient --demo
