#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares what the libraries export with tests/abi/symbols.txt and with the headers; see doc/abi.md.
# Usage: check_symbols.sh SHARED STATIC [--update]
set -eu
here=$(dirname "$0")
list=$here/abi/symbols.txt
shared=$1 static=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export LC_ALL=C

nm -D --defined-only "$shared" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort > "$work/exported"
if [ "${3:-}" = --update ]; then
    { echo "# SPDX-License-Identifier: MIT"; cat "$work/exported"; } > "$list"
    echo "$list: $(wc -l < "$work/exported") symbols"
    exit
fi

status=0
if ! sed 1d "$list" | diff -u - "$work/exported"; then
    echo "the exported symbols differ from $list (+ new, - gone)"
    echo "if that is meant: $0 $shared $static --update"
    status=1
fi
grep -rhow 'l2osr_[a-z0-9_]*(' "$here/../include" | tr -d '(' | sort -u > "$work/named"
missing=$(comm -13 "$work/exported" "$work/named")
if [ -n "$missing" ]; then
    echo "named in include/ but not exported:" $missing
    status=1
fi
strays=$(nm -g --defined-only "$static" 2> /dev/null | awk 'NF == 3 && $3 !~ /^l2osr_/ {print $3}')
if [ -n "$strays" ]; then
    echo "$static: global names without the prefix l2osr_:" $strays
    status=1
fi
exit $status
