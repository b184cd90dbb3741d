#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the build into a temporary prefix and builds programs against it as a user does, through pkg-config.
# CC and CXX come from the build; without CXX only the C program is built.
# Usage: check.sh BUILD_DIRECTORY
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

meson install -C "$1" --no-rebuild --quiet --destdir "$root"
package=$(find "$root" -name l2osr.pc)
libraries=$(dirname "$(dirname "$package")")
prefix=$root$(sed -n 's/^prefix=//p' "$package")
export PKG_CONFIG_PATH="$(dirname "$package")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

flags() {
    pkg-config --define-variable=prefix="$prefix" --cflags --libs "$@" l2osr
}
build_c() { # program [--static]
    program=$1
    shift
    ${CC:-cc} -std=c99 -pedantic -Wall -Werror "$here/app.c" $(flags "$@") -o "$program"
}

cd "$root"
build_c app
./app
if ! readelf -d app | grep -q 'NEEDED.*\[libl2osr\.so\.0\]'; then
    echo "the program is not linked to libl2osr.so.0"
    exit 1
fi
if [ -n "${CXX:-}" ]; then
    $CXX -std=c++11 -pedantic -Wall -Werror "$here/app.cpp" $(flags) -o app_cpp
    ./app_cpp
fi

# Only our own library statically: not everyone has a static BLAS.
rm "$libraries"/libl2osr.so*
build_c app_static --static
./app_static
