#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles every public header alone, twice over, in the languages that we promise. CC and CXX come from the
# build; without CXX only C is checked.
# Usage: check_headers.sh INCLUDE_DIRECTORY
set -eu
include=$1
status=0

check() { # compiler language standard header
    printf '#include "%s"\n#include "%s"\nextern int something;\n' "$4" "$4" |
        $1 -x "$2" -std="$3" -Wall -Wextra -pedantic-errors -Werror -fsyntax-only -I "$include" - ||
        { echo "$4 does not compile as $3"; status=1; }
}

cd "$include"
for header in l2osr.h l2osr/*.h; do
    for standard in c99 c11; do
        check "${CC:-cc}" c "$standard" "$header"
    done
    [ -z "${CXX:-}" ] && continue
    for standard in c++11 c++20; do
        check "$CXX" c++ "$standard" "$header"
    done
done
exit $status
