#!/bin/bash
# SPDX-License-Identifier: MIT
# The report of the paper in its quick form: Ctrl-C, the same command again, and once more when there
# is nothing left to do.
# Usage: check_paper.sh FOLDER_OF_THE_EXAMPLES
. "$(dirname "$0")/common.sh"

report=("$examples/paper/report" --quick --out paper)

# Stopped in the middle of its first program, which leaves what it had finished.
"${report[@]}" >out.log 2>err.log &
process=$!
for _ in {1..300}; do
    [ -e paper/cache/P1-RP_si.model ] && break
    sleep 0.1
done
kill -INT $process
wait $process
status=$?
[ $status -eq 130 ] || complain "the report ended with $status after Ctrl-C: $(cat err.log)"
cp paper/cache/P1-RP_si.model . || complain "there is no model"

"${report[@]}" >out.log 2>err.log || complain "the report ended with $?: $(tail -n 5 out.log err.log)"
cmp P1-RP_si.model paper/cache/P1-RP_si.model || complain "the model was trained again"
grep -q 'not run' out.log paper/paper-results.md && complain "not run: $(grep 'not run' out.log paper/paper-results.md)"
for piece in fig1_workflow fig2_comparison fig3_mappings fig4_trajectories fig5_complexity fig6_tanh \
    fig7_mutation table_sanity table_r2 table_models table_tuned; do
    [ -s paper/$piece.csv ] || complain "$piece.csv was not written"
    [[ $piece == table_* ]] && continue
    if command -v gnuplot >/dev/null; then
        [ -s paper/$piece.svg ] || complain "$piece.svg was not written"
    fi
done
[ -z "$(find paper -name '*.tmp')" ] || complain "left behind: $(find paper -name '*.tmp')"

before=$(find paper -name '*.csv' -printf '%p %T@\n' | sort)
"${report[@]}" >out.log 2>err.log || complain "nothing to do, and it ended with $?"
[ "$(find paper -name '*.csv' -printf '%p %T@\n' | sort)" = "$before" ] || complain "something was done twice"

[ $failures -eq 0 ] && echo "the quick report is complete"
exit $((failures > 0))
