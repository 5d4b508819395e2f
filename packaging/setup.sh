# Sourced by quickstart.sh and test.sh: system packages, Python, the virtual environment.
#
# Nothing here is done twice: packages are installed only when missing, Python packages only when
# pyproject.toml or the Python changed. Every way of failing ends in one sentence and exit status 1.
# The caller has set ROOT to the checkout.

VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
SETUP_LOG="$ROOT/.build/setup.log"

BASE_PACKAGES="python3 python3-venv gnupg ca-certificates"
WINDOW_PACKAGES="libgl1 libegl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon0
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0
    fonts-dejavu-core libenchant-2-2 hunspell-en-us"
POLICY=/usr/sbin/policy-rc.d
FORBIDDEN=no
TEST_PACKAGES="dovecot-pop3d postfix openssl gpgsm gnome-keyring dbus dbus-x11 xvfb xauth procps
    iproute2 util-linux mount pcscd scdaemon vsmartcard-vpcd"
VIRTUAL_READER=/etc/reader.conf.d/vpcd

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$*"
    exit 1
}

# The packages among "$@" that are not installed. Debian's libglib2.0-0 is libglib2.0-0t64 today;
# both provide the old name.
missing_packages() {
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status} ' "$package" "${package}t64" 2>/dev/null)
        case " $status" in
            *" installed "*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Installing a mail server must not start one on this machine: Debian asks this file first.
forbid_services() {
    [ -e "$POLICY" ] && return
    trap 'allow_services; exit 130' INT
    trap 'allow_services; exit 143' TERM
    trap allow_services EXIT
    FORBIDDEN=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
}

allow_services() {
    [ "$FORBIDDEN" = yes ] || return 0
    FORBIDDEN=no
    as_root rm -f "$POLICY"
    trap - EXIT INT TERM
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" \
        >>"$SETUP_LOG" 2>&1
}

# Install those of "$@" that are missing.
need_packages() {
    command -v dpkg-query >/dev/null || {
        say "This is not a Debian or Ubuntu system, so its packages are not looked after here."
        return
    }
    wanted=$(missing_packages "$@")
    [ -z "$wanted" ] && return
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        fail "These system packages are missing: ${wanted}- install them as root with" \
            "'apt-get install ${wanted% }', then run this again."
    fi
    say "Installing system packages: $wanted"
    mkdir -p "$ROOT/.build"
    : >"$SETUP_LOG"
    forbid_services
    # shellcheck disable=SC2086  # a list of words on purpose
    apt_get install --no-install-recommends -y $wanted || {
        apt_get -o APT::Update::Error-Mode=any update ||
            fail "The lists of system packages could not be fetched: is the network up, and does" \
                "'apt-get update' work? Details: $SETUP_LOG"
        # shellcheck disable=SC2086
        apt_get install --no-install-recommends -y $wanted ||
            fail "Not all system packages could be installed; try 'apt-get install ${wanted% }'." \
                "Details: $SETUP_LOG"
    }
    keep_servers_off "$wanted"
    allow_services
}

# Mail servers that came only for the tests stay off after the next start of the machine, too, and
# no card of the tests gets near the machine's own reader.
keep_servers_off() {
    case "$1" in
        *vsmartcard-vpcd*) as_root truncate -s 0 "$VIRTUAL_READER" ;;
    esac
    command -v systemctl >/dev/null || return 0
    for server in dovecot postfix; do
        case "$1" in
            *"$server"*) as_root systemctl disable --quiet "$server" >>"$SETUP_LOG" 2>&1 || : ;;
        esac
    done
}

# The first Python from 3.11 to 3.13 that can make virtual environments.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        command -v "$candidate" >/dev/null || continue
        "$candidate" - 2>/dev/null <<'CHECK' || continue
import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info < (3, 14))
CHECK
        command -v "$candidate"
        return
    done
}

# What the environment was made of; a change means installing again.
fingerprint() {
    {
        cat "$ROOT/pyproject.toml"
        printf '%s\n' "$ROOT"
        "$PYTHON" -VV
    } | cksum
}

explain_pip() {
    if grep -qiE 'connection|resolution|timed out|no matching distribution' "$SETUP_LOG"; then
        fail "The Python packages could not be fetched: is the network up? Details: $SETUP_LOG"
    fi
    fail "The Python packages could not be installed. Details: $SETUP_LOG"
}

# need_venv EXTRA: the program and its extra (demo, dev) in a virtual environment of the checkout.
need_venv() {
    if ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
        system_python=$(find_python)
        [ -n "$system_python" ] || fail "mailclient needs Python 3.11, 3.12 or 3.13 with its venv" \
            "module, and none was found."
        mkdir -p "$ROOT/.build"
        rm -rf "$VENV"
        "$system_python" -m venv "$VENV" >"$SETUP_LOG" 2>&1 ||
            fail "The virtual environment $VENV could not be made. Details: $SETUP_LOG"
    fi
    made_of=$(fingerprint)
    for stamp in "$VENV/installed-$1" "$VENV/installed-dev"; do
        [ "$(cat "$stamp" 2>/dev/null)" = "$made_of" ] && return
    done
    say "Installing Python packages (about 200 MB; some minutes on a slow line) ..."
    mkdir -p "$ROOT/.build"
    rm -f "$VENV"/installed-*
    "$PYTHON" -m pip install --quiet --retries 2 --disable-pip-version-check \
        --editable "$ROOT[$1]" >"$SETUP_LOG" 2>&1 || explain_pip
    printf '%s\n' "$made_of" >"$VENV/installed-$1"
}
