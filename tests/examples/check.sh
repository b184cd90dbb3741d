#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every example in its quickest form: what it promises is there, it says nothing on stderr, bad
# input gives one line and leaves nothing behind, and Ctrl-C keeps what is done.
# Usage: check.sh FOLDER_OF_THE_EXAMPLES
. "$(dirname "$0")/common.sh"

# works COMMAND...: exit status 0 and an empty stderr.
works() {
    "$examples/$1" "${@:2}" >out.log 2>err.log
    local status=$?
    [ $status -eq 0 ] || complain "'$*' ended with $status: $(cat err.log)"
    [ -s err.log ] && complain "'$*' is not quiet in a pipe: $(head -n 3 err.log)"
}

# says TEXT: the latest output has it.
says() { grep -q -- "$1" out.log || complain "no '$1' in: $(tail -n 3 out.log)"; }

# made FILE...: each is there and not empty.
made() {
    for file; do [ -s "$file" ] || complain "$file was not written"; done
}

# refuses STATUS TEXT COMMAND...: that exit status, one line with TEXT on stderr, files as before.
refuses() {
    local wanted=$1 text=$2 before status
    shift 2
    before=$(files)
    "$examples/$1" "${@:2}" >out.log 2>err.log
    status=$?
    [ $status -eq "$wanted" ] || complain "'$*' ended with $status, not $wanted"
    [ "$(wc -l <err.log)" -eq 1 ] || complain "'$*' did not give one line: $(cat err.log)"
    grep -q -- "$text" err.log || complain "'$*': no '$text' in: $(cat err.log)"
    [ "$(files)" = "$before" ] || complain "'$*' left: $(files | diff - <(echo "$before"))"
}
files() { find . ! -name '*.log' -printf '%p %s %T@\n' | grep -v '^\. ' | sort; }

# interrupted TEXT COMMAND...: SIGINT once the output has TEXT; status 130 and a word about it.
interrupted() {
    local text=$1 process
    shift
    "$examples/$1" "${@:2}" >out.log 2>err.log &
    process=$!
    for _ in {1..100}; do
        grep -q -- "$text" out.log && break
        sleep 0.1
    done
    sleep 0.5
    kill -INT $process
    wait $process
    local status=$?
    [ $status -eq 130 ] || complain "'$*' ended with $status after Ctrl-C: $(cat err.log)"
    says stopped
}

# ---- what they promise ----

works drop_in_step
says 'the same to the last bit'
works custom_task
says adam
works distill --evaluations 20000 --out front.csv --svg front.svg
says 'recommended: .*tanh(x0)'
made front.csv
if command -v gnuplot >/dev/null; then made front.svg; fi
works paper/table_sanity --quick --out paper
says '> -0.01 \* g0'
made paper/{settings,table_sanity}.csv
refuses 1 'results of another --seed' paper/table_sanity --quick --seed 2 --out paper
works paper/fig6_tanh --quick --out paper
says '^It is linear'
made paper/fig6_tanh.csv
[ "$(head -n 1 paper/fig6_tanh.csv)" = 'x,gamma = 0.1,gamma = 0.3,gamma = 1,gamma = 3,gamma = 10' ] ||
    complain "the columns of fig6_tanh.csv: $(head -n 1 paper/fig6_tanh.csv)"
[ "$(sed -n 242p paper/fig6_tanh.csv)" = 3,0.1,0.3,0.9950548,2.284782,2.913126 ] ||
    complain "the end of fig6_tanh.csv: $(sed -n 242p paper/fig6_tanh.csv)"
if command -v gnuplot >/dev/null; then made paper/fig6_tanh.svg; fi
works paper/fig2_comparison --quick --out paper
says '^RMSProp  *[1-9]'
says 'left out of a quick run'
made paper/fig2_comparison.csv paper/cache/resnet4_{finetuned,tuned,adam_cos}-*.csv
[ "$(head -n 1 paper/fig2_comparison.csv | cut -d , -f 1-5)" = 'epoch,fine-tuned rule_mean,fine-tuned rule_deviation,tuned rule_mean,tuned rule_deviation' ] ||
    complain "the columns of fig2_comparison.csv: $(head -n 1 paper/fig2_comparison.csv)"
[ "$(wc -l <paper/fig2_comparison.csv)" -eq 4 ] || complain "the rows of fig2_comparison.csv: $(cat paper/fig2_comparison.csv)"
if command -v gnuplot >/dev/null; then made paper/fig2_comparison.svg; fi
cp paper/fig2_comparison.csv first_time.csv
rm paper/fig2_comparison.csv paper/cache/resnet4_sgd_cos-*.csv # as if it had been killed
mv paper/cache/resnet4_tuned-*.csv paper/cache/resnet4_tuned-00000000.csv # and the rule changed
works paper/fig2_comparison --quick --threads 1 --out paper
[ "$(grep '^resnet4 on [^,]*: ' out.log | cut -d : -f 2 | xargs)" = 'tuned rule SGD+cos' ] ||
    complain "not these two optimizers alone were run again: $(cat out.log)"
cmp first_time.csv paper/fig2_comparison.csv || complain "going on came to something else"
works paper/table_tuned --quick --out paper
grep -q '^"tuned rule","mlp2_he on .*: loss",[0-9][0-9.]*,,,$' paper/table_tuned.csv ||
    complain "no loss on mlp2_he in: $(head -n 40 paper/table_tuned.csv)"
grep -q '^"Symbolic L2O","ResNet50 / CIFAR-10 (paper): accuracy, %",,,95.4,$' paper/table_tuned.csv ||
    complain "no figure of the paper in: $(tail -n 20 paper/table_tuned.csv)"
outcome=$(echo paper/cache/resnet4_sgd-*.csv)
mv "$outcome" kept.csv
echo 'epoch,loss' >"$outcome"
refuses 1 "$outcome" paper/fig2_comparison --quick --out paper
mv kept.csv "$outcome"
works paper/fig7_mutation --quick --out paper
says 'twin split: exponent 1 +- 0.05'
made paper/fig7_mutation.csv
[ "$(wc -l <paper/fig7_mutation.csv)" -eq 7 ] || complain "the steps of fig7_mutation.csv: $(cat paper/fig7_mutation.csv)"
[ "$(grep -c '^<g ' paper/fig7_mutation.svg)" -eq 6 ] ||
    complain "fig7_mutation.svg does not show six trees"
works meta_train --quick --out numerical.model
made numerical.model
works meta_train --quick --random-scale 1 --loss log-ratio --clip 1 --warmup 3 --constant \
    --tasks mlp,logistic:0.5 --patience 9 --last-window --validate-every 5 --checkpoint training
made training
before=$(cksum <training)
works meta_train --quick --random-scale 1 --loss log-ratio --clip 1 --warmup 3 --constant \
    --tasks mlp,logistic:0.5 --patience 9 --last-window --validate-every 5 --checkpoint training --resume
says '^20 meta-steps'
[ "$(cksum <training)" = "$before" ] || complain "going on from the end changed the checkpoint"
works meta_train --quick --curriculum 20,40 --validate-every 2 --imitation-share 0.5,0.2 \
    --teachers adam,rmsprop --teacher-stride 2
says 'reached stage'
works meta_train --quick --task quadratic --loss log-sum --optimizer sgd --momentum 0.5 --back-off
works meta_train --quick --task logistic --batch 16 --estimator exact --horizon 40 \
    --model dm --inputs 'mt gt mom5' --hidden 4,3 --groups --out own.model --export own.npz
says '^logistic on'
made own.model own.npz
works evaluate own.model --task logistic --steps 3 --seeds 1
says 'own.model'
works meta_train --quick --task quadratic --estimator es --pairs 2 --sigma 0.05 --model rp_si
printf 'let surprise = g / vs - mt[1]\n' >own.features
works meta_train --quick --task lasso --from-scratch --inputs 'mt surprise' --features own.features \
    --no-pre --hidden 3 --out first.model --export first.npz
works meta_train --quick --task lasso --from-scratch --inputs 'mt surprise' --features own.features \
    --no-pre --hidden 3 --import first.npz --out imported.model
works meta_train --quick --task lasso --from-scratch --from first.model --out continued.model
cmp imported.model continued.model || complain "weights and a model file do not begin the same training"
works meta_tune --quick --out tuned.rule
made tuned.rule
works drop_in_step tuned.rule
works evaluate adam tuned.rule numerical.model --steps 20 --seeds 2 --out curves
made curves/curves.csv
if command -v gnuplot >/dev/null; then made curves/curves.svg; fi
works evaluate sgd 'let m = ema(g, 0.9); update = -lr * m' '-lr * sign(g)' --task quadratic \
    --lrs 1e-3,1e-2,1e30 --at 5,10 --steps 20 --csv compared.csv
says '^quadratic, 100 parameters'
says '^optimizer  *loss at 5  *loss at 10  *loss at 20 '
says '^optimizer 3 '
[ "$(head -n 1 compared.csv)" = optimizer,loss_5,loss_5_deviation,lr_5,loss_10,loss_10_deviation,lr_10,loss_20,loss_20_deviation,lr_20,ns_per_parameter,state_bytes ] ||
    complain "the columns of compared.csv: $(head -n 1 compared.csv)"
[ "$(wc -l <compared.csv)" -eq 4 ] || complain "the lines of compared.csv: $(cat compared.csv)"
works evaluate sgd --task rosenbrock --lrs 1e30 --steps 2
says diverged
works evaluate sgd adam --task logistic --from 1e-3 --to 1e-2 --steps 5 --seeds 2 --batch 16
says accuracy
works meta_tune --quick --task quadratic
works meta_tune --quick --task quadratic --compare
says '^exact .* 12 '
works meta_tune --quick --task quadratic,lasso:0.5 --horizon 20,40 --unroll 10 --estimator first --half-memory \
    --sgd --meta-lr 0.01 --curves mixed.csv
says '^lasso, 256 parameters, held out'
made mixed-quadratic.csv mixed-lasso.csv
works meta_tune --quick --task quadratic --eq6 3 --twin-split 1 --schedule 10,30 --pairs 2 --sigma 0.05 --prune -1 \
    --by-kind --out shaped.rule --curves shaped.csv --checkpoint tuning --resume
says '^Eq. 6 with 3 taps'
made shaped.rule shaped.csv tuning
if command -v gnuplot >/dev/null; then made mixed-lasso.svg shaped.svg; fi
grep -q 'rate' shaped.rule || complain "no schedule in: $(cat shaped.rule)"
works meta_tune shaped.rule --quick --task quadratic --estimator exact
works evaluate --list-tasks
for task in $(cut -d ' ' -f 1 out.log); do
    works evaluate sgd --task "$task" --steps 3 --seeds 1
    says "^$task"
done
works type_an_optimizer --steps 20 --seeds 2 --out typed
says 'state:    4 bytes'
says '^adam '
made typed/curves.csv
works type_an_optimizer 'let m = ema(g, 0.9); -lr * m * min(1, 1 / norm(g))' --show --export clipped.c
says 'passes:   1'
made clipped.c
works type_an_optimizer tuned.rule --show
printf 'a,b,y\n' >table.csv
for i in {1..50}; do echo "$i,$((i * i % 7)),$((2 * i + i * i % 7))"; done >>table.csv
works distill table.csv --names u,v --target -1 --evaluations 2000
says 'recommended: .*u'

for example in "$examples"/* "$examples"/paper/*; do
    if [ -x "$example" ] && [ -f "$example" ]; then
        works "${example#"$examples"/}" --help
        says usage
    fi
done

# Ten images, one of each class, and a batch that ends in the middle of a record.
mkdir cifar cut_cifar
for file in data_batch_{1..5} test_batch; do
    for label in {0..9}; do
        printf %b "\\x0$label"
        head -c 3072 /dev/urandom
    done >cifar/$file.bin
done
gzip cifar/data_batch_2.bin
works evaluate sgd --cifar cifar --task mlp20 --steps 3 --seeds 2
says '^mlp20 on CIFAR-10, 61565 parameters'
mkdir cifar100
for file in train test; do
    for digit in {0..9}; do # coarse and fine
        printf %b "\\x0$digit\\x4$digit"
        head -c 3072 /dev/urandom
    done >cifar100/$file.bin
done
gzip cifar100/test.bin
works evaluate sgd --cifar cifar100 --task mlp20 --steps 3 --seeds 2
says '^mlp20 on CIFAR-100, 62510 parameters'
mkdir -p many coloured/cache
for file in data_batch_{1..5} test_batch; do
    for _ in {1..16}; do cat cifar/data_batch_1.bin; done >many/$file.bin
done
for file in paper/cache/resnet4_*; do # a run that was killed within the last optimizer
    cp "$file" coloured/cache
    cp "$file" "coloured/cache/resnet4_cifar_${file#*resnet4_}"
done
rm coloured/cache/resnet4_cifar_rmsprop-*.csv
works paper/fig2_comparison --quick --cifar many --out coloured
says '^resnet4 on CIFAR-10: RMSProp$'
made coloured/fig2_comparison{,_cifar}.csv
cp cifar/* cut_cifar
head -c 4000 cifar/data_batch_3.bin >cut_cifar/data_batch_3.bin

# ---- bad input ----

touch file # what lies below it cannot be written
mkdir cut magic labels
image_header='\0\0\10\3\0\0\1\0\0\0\0\34\0\0\0\34'
label_header='\0\0\10\1\0\0\1\0'
for set in train t10k; do
    { printf %b "$image_header"; head -c $((256 * 784)) /dev/urandom; } | gzip |
        head -c 5000 >cut/$set-images-idx3-ubyte.gz
    { printf %b "$label_header"; head -c 256 /dev/zero; } | gzip >cut/$set-labels-idx1-ubyte.gz
    { printf '\0\0\7\3'; head -c 1000 /dev/zero; } >magic/$set-images-idx3-ubyte
    { printf %b "$label_header"; head -c 256 /dev/zero; } >magic/$set-labels-idx1-ubyte
done
refuses 1 "line 2, column 16: unknown function 'tahn', did you mean 'tanh'" type_an_optimizer '-lr * tahn(g)'
refuses 1 'must end in .c' type_an_optimizer adam --show --export adam.txt
refuses 1 'cut/train-images-idx3-ubyte.gz' evaluate sgd --data cut
refuses 1 'magic/train-images-idx3-ubyte' evaluate sgd --data magic
refuses 1 'cut_cifar/data_batch_3.bin: record 1' evaluate sgd --cifar cut_cifar
refuses 1 'nowhere holds neither data_batch_1.bin' evaluate sgd --cifar nowhere --csv new.csv
mkdir both
cp cifar/* cifar100/* both
refuses 1 'both holds both' evaluate sgd --cifar both
refuses 1 'choose one' evaluate sgd --cifar cifar --data cut
refuses 1 'has no images' evaluate sgd --task quadratic --batch 8
refuses 1 "no task 'mlpp'" evaluate sgd --task mlpp
refuses 1 '30,20: .*larger' evaluate sgd --at 30,20
refuses 1 'beyond the 20 steps' evaluate sgd --at 30 --steps 20
refuses 2 "'1e-3;2'" evaluate sgd --lrs '1e-3;2'
refuses 1 'positive' evaluate sgd --lrs 0
refuses 1 '--from' evaluate sgd --grid --from 2 --to 1
refuses 1 'file/new' evaluate sgd --csv file/new.csv
refuses 1 "line 2, column 16.*'tahn'" evaluate '-lr * tahn(g)'
refuses 1 'nowhere/train-images' meta_train --quick --data nowhere --out new.model

header="{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999999), }"
printf '\x93NUMPY\1\0\x76\0%-117s\n' "$header" >absurd.npy
refuses 1 'absurd.npy' distill absurd.npy --out new.csv
printf 'a,y\n1,2\n2,nan\n3,4\n' >nan.csv
refuses 1 'nan.csv.*row 1, column 1' distill nan.csv --out new.csv
refuses 1 'nowhere.csv' distill nowhere.csv
refuses 1 'nonsense' distill --ops '+ nonsense'
refuses 1 '--names takes 2' distill table.csv --names u
refuses 1 "no column is called '0.5'" distill table.csv --target 0.5

printf 'l2osr-rule 1\nupdate = -lr * tahn(g)\n' >wrong.rule
refuses 1 'wrong.rule: line 2, column 16.*tanh' drop_in_step wrong.rule
refuses 1 'wrong.rule: line 2' meta_tune wrong.rule --out new.rule
refuses 1 'wrong.rule: line 2' evaluate adam wrong.rule
refuses 1 "'adamm'.*adam" evaluate adamm
refuses 1 'step 1: ' drop_in_step --lr 1e30
head -c 1000 numerical.model >cut.model
refuses 1 'cut.model' evaluate cut.model
refuses 1 "'lstm'" meta_train --quick --model lstm --out new.model

refuses 1 'file/new' distill --out file/new.csv
refuses 1 'file/new' distill --svg file/new.svg
refuses 1 "has 'option meta_steps 20' where this one has 'option meta_steps 30'" meta_train --horizon 40 --steps 30 \
    --random-scale 1 --loss log-ratio --clip 1 --warmup 3 --constant --tasks mlp,logistic:0.5 --patience 9 --last-window \
    --validate-every 5 --checkpoint training --resume
refuses 1 'needs --checkpoint' meta_train --resume
refuses 1 'one of: sum last log-ratio' meta_train --loss mean
refuses 1 "'adamm'.*adam" meta_train --teachers adamm
refuses 1 'needs 21' meta_train --window-weights 1,2
refuses 1 'file/new' meta_train --checkpoint file/new
refuses 1 'file/new' meta_train --export file/new.npz
refuses 1 'first exact es pes' meta_train --estimator second
refuses 1 "'cnn' has none" meta_train --quick --task cnn --estimator exact
refuses 1 'contradict' meta_train --pre 4 --no-pre
refuses 1 'takes no options' meta_train --from numerical.model --hidden 3
refuses 1 "the weight in 'mlp:x'" meta_train --tasks quadratic,mlp:x
refuses 1 "no task 'mlpp'" meta_train --tasks quadratic,mlpp
refuses 1 'names with commas' meta_train --tasks ,mlp
refuses 1 'at least 1' meta_train --horizon 0
refuses 1 'nowhere.features' meta_train --features nowhere.features
refuses 1 'first.npz' meta_train --quick --import first.npz
refuses 1 '--hidden 0,3' meta_train --hidden 0,3
refuses 1 'file' paper/table_sanity --out file/new
refuses 1 'file' paper/fig6_tanh --out file/new
refuses 2 "unknown option '--nonsense'" paper/fig6_tanh --nonsense
refuses 1 'results of another --seed' paper/fig7_mutation --quick --seed 2 --out paper
refuses 1 'file/new' meta_train --quick --out file/new.model
refuses 1 'file/new' meta_tune --quick --out file/new.rule
refuses 1 'file' evaluate adam --out file/new
refuses 1 'powers of the rule: 1' meta_tune --quick --task quadratic --twin-split 2 --out new.rule
refuses 1 'times\[1\] is 10' meta_tune --quick --task quadratic --schedule 30,10 --out new.rule
refuses 1 'taps' meta_tune --quick --task quadratic --eq6 65 --out new.rule
refuses 1 'whole numbers' meta_tune --horizon 1.5 --out new.rule
refuses 1 'first-order' meta_tune --half-memory --task quadratic --out new.rule
refuses 1 'end in .csv' meta_tune --quick --curves new.txt
refuses 1 'file/new' meta_tune --quick --curves file/new.csv
refuses 1 'weight' meta_tune --quick --task mlp:x
refuses 1 'needs --checkpoint' meta_tune --resume
refuses 1 'nowhere.rule' evaluate nowhere.rule --out new

refuses 2 "unknown option '--nonsense'" custom_task --nonsense
refuses 2 "missing value after '--seed'" meta_train --seed
refuses 2 "'many'" evaluate adam --steps many
refuses 2 "unexpected argument 'b.csv'" distill a.csv b.csv

# ---- the plug is pulled ----

# Each run is killed somewhere and the next one goes on, until one comes through.
training=(meta_train --task quadratic --steps 5000 --horizon 100 --estimator pes --pairs 2 --imitation-share 0.3 --threads 2)
works "${training[@]}" --out whole.model
kills=0
for seconds in 0.15 0.04 0.22 0.09 0.3 0.06 0.18; do
    { timeout -s KILL $seconds "$examples/${training[0]}" "${training[@]:1}" --checkpoint killed --checkpoint-seconds 1e-9 --resume \
        --out killed.model; } >out.log 2>err.log # the shell's word about it, too
    [ $? -eq 137 ] && kills=$((kills + 1))
    [ -e killed.model ] && break
done
made killed
works "${training[@]}" --checkpoint killed --checkpoint-seconds 1e-9 --resume --out killed.model
cmp whole.model killed.model || complain "training that was killed $kills times came to something else"
[ $kills -ge 2 ] || complain "training was too quick to be killed"

# ---- Ctrl-C ----

interrupted 'meta-training' meta_train --steps 100000 --out stopped.model
made stopped.model
interrupted 'mlp on' evaluate sgd --steps 1000000 --out stopped
interrupted 'beside what' meta_tune --task quadratic --steps 1000000 --out stopped.rule
made stopped.rule

# ---- the whole pipeline ----

if [ -x "$examples/pipeline" ]; then
    works pipeline --quick --out whole
    made whole/{numerical.model,samples.npy,front.csv,distilled.rule,tuned.rule}
    made whole/{curves.csv,table.csv}
    works drop_in_step whole/tuned.rule
    works distill whole/samples.npy --names mt,gt --evaluations 2000
    refuses 1 'file/new' pipeline --quick --out file/new
    refuses 1 'cut/train-images-idx3-ubyte.gz' pipeline --quick --data cut --out whole
    refuses 2 "unknown option '--nonsense'" pipeline --nonsense
    interrupted 'meta-train' pipeline --out half
    made half/numerical.model
fi

[ $failures -eq 0 ] && echo "all examples do what they promise"
exit $((failures > 0))
