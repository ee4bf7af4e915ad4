#!/bin/sh
# Installs the Debian packages of mk/packages.txt that are missing or too old. Does
# nothing, and needs no network, when all are present.
set -eu
list=$(dirname "$0")/packages.txt

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "make deps: this is not a Debian system; the packages needed are listed in $list" >&2
    exit 1
fi

# Prints the packages that are missing or older than the list asks for.
wanting() {
    grep -v '^#' "$list" | while read -r package least; do
        have=$(dpkg-query -W -f='${Status} ${Version}' "$package" 2>/dev/null || true)
        case $have in
        'install ok installed '*) ;;
        *) echo "$package"; continue ;;
        esac
        version=${have##* }
        version=${version#*:}
        if [ "$least" != - ] && dpkg --compare-versions "$version" lt "$least"; then
            echo "$package"
        fi
    done
}

missing=$(wanting | tr '\n' ' ')
[ -n "$missing" ] || exit 0

command_line="apt-get install -y --no-install-recommends $missing"
if [ "$(id -u)" = 0 ]; then
    sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo=sudo
else
    echo "make deps: these Debian packages are needed. Run as root:" >&2
    echo "    apt-get update && $command_line" >&2
    exit 1
fi

echo "make deps: installing $missing"
# shellcheck disable=SC2086 # the list is meant to be split
if ! { $sudo apt-get update -q &&
       DEBIAN_FRONTEND=noninteractive $sudo env DEBIAN_FRONTEND=noninteractive $command_line; }; then
    echo "make deps: apt-get failed; the command was:" >&2
    echo "    apt-get update && $command_line" >&2
    exit 1
fi

still=$(wanting | tr '\n' ' ')
if [ -n "$still" ]; then
    echo "make deps: still missing or older than $list asks for: $still" >&2
    exit 1
fi
