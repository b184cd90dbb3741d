#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares what the libraries export with tests/abi/symbols.txt; see doc/abi.md.
# Usage: check_symbols.sh SHARED STATIC [--update]
set -eu
list=$(dirname "$0")/abi/symbols.txt
shared=$1 static=$2
exported=$(mktemp)
trap 'rm -f "$exported"' EXIT

{
    echo "# SPDX-License-Identifier: MIT"
    nm -D --defined-only "$shared" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | LC_ALL=C sort
} > "$exported"

if [ "${3:-}" = --update ]; then
    cp "$exported" "$list"
    echo "$list: $(($(wc -l < "$list") - 1)) symbols"
    exit
fi

status=0
if ! diff -u "$list" "$exported"; then
    echo "the exported symbols differ from $list (+ new, - gone)"
    echo "if that is meant: $0 $shared $static --update"
    status=1
fi
strays=$(nm -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 && $3 !~ /^l2osr_/ {print $3}')
if [ -n "$strays" ]; then
    echo "$static: global names without the prefix l2osr_:" $strays
    status=1
fi
exit $status
