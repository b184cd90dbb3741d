# SPDX-License-Identifier: MIT
# What checks of the examples begin with: the folder of the programs, one to work in that goes away,
# and a count of failures. Its argument is that of the script that reads it.
set -u
examples=$(cd "$1" && pwd) || exit 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
failures=0

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
