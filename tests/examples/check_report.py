#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the report on programs that only pretend: what they leave is on the page and nothing is run
twice, verdicts follow the numbers, and programs that fail, lack, or are stopped are told of.

usage: check_report.py REPORT
"""
import base64
import csv
import html.parser
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

REPORT = os.path.abspath(sys.argv[1])
PIECES = """fig1_workflow fig2_comparison fig3_mappings fig4_trajectories fig5_complexity fig6_tanh
fig7_mutation table_sanity table_r2 table_models table_tuned""".split()
MODELS = ["DM", "RP", "RP_s", "RP_si"]
AIMS = 12
SPECIAL = "a < b & \"c\" > 'd' | tanh(x^2) * e"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><text>&amp; \xc2\xb1</text></svg>'
VOID = {"meta", "img", "br"}

failures = 0


def check(truth, *what):
    global failures
    if not truth:
        failures += 1
        print("FAILED:", *what)


class Page(html.parser.HTMLParser):
    """A page whose tags are all closed in turn; its text, tables, pictures, links and anchors."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.pictures, self.rows = [], [], [], [], []
        self.text, self.verdicts, self.cell = "", [], None
        self.feed(text)
        self.close()
        check(self.open == [], "tags left open:", self.open)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.pictures += [attributes] if tag == "img" else []
        self.verdicts += [attributes["data-verdict"]] if "data-verdict" in attributes else []
        check(tag != "script", "there is a script")
        check("src" not in attributes or attributes["src"].startswith("data:"), "a link outside")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"</{tag}> inside of", self.open)
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def write_cells(path, cells):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["row", "column", "ours", "deviation", "paper",
                                     "paper_deviation"], *cells])


def write_results(folder, good):
    """Results that meet every aim, or none."""
    fits = dict(zip(["momentum(0.5)", "Adam(0.9,0.9)", "DM", "RP", "RP_si"],
                    [.999, .98, .8, .97, .97] if good else [.9989, .979, .79, .969, .969]))
    write_cells(folder / "table_r2.csv",
                [["P1", name, r2, .01, .5, ""] for name, r2 in fits.items()] +
                [["equation", "DM", SPECIAL, "", SPECIAL, ""]])
    cells = []
    ratios, fields = ([1.1, 1.05, 1.05, 1.05], [22, 11, 11, 10.9]) if good else \
        ([1.101, 1.051, 1.05, 1.051], [22, 11.1, 11, 10.9])
    for i, name in enumerate(MODELS):
        cells += [["distilled / numerical", name, ratios[i], "", "", ""],
                  ["TPF (influence-weighted over inputs)", name, fields[i], "", "", ""],
                  ["mapping complexity", name, [91.4, 52.3, 40.1, 33.5][i] if good else 91.5,
                   "", "", ""]]
    write_cells(folder / "table_models.csv", cells)
    write_comparison(folder, .8501 if good else .85)


def write_comparison(folder, ours):
    """Accuracies of two rules of ours, of which the second is never judged, and two baselines."""
    names = "fine-tuned rule", "tuned rule", "Adam+cos", "SGD"
    rows = [["epoch", *(name + end for name in names for end in ("_mean", "_deviation"))],
            [1, .5, .01, .4, .01, .9, .02, .9, .01], [2, ours, .01, .95, .01, .85, .02, .7, .01]]
    with open(folder / "fig2_comparison.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_program(folder, name, body):
    path = folder / name
    path.write_text('#!/bin/sh\nwhile [ "$1" != --out ]; do shift; done\nout=$2\n' + body)
    path.chmod(0o755)


def write_programs(folder, results):
    """Programs that copy results; one of them fails, and one is missing."""
    for name in PIECES:
        write_program(folder, name, f'echo "$*" >>"$out/{name}.calls"\n'
                      f'if [ -e "{results}/{name}.csv" ]; then cp "{results}/{name}.csv" "$out"\n'
                      f'else echo row,column,ours,deviation,paper,paper_deviation >"$out/{name}.csv"; fi\n')
    write_program(folder, "fig5_complexity",
                  "seq 1 40\necho 'cut.model: <bad> & \"worse\"' >&2\nexit 3\n")
    (folder / "fig3_mappings").unlink()


SLOW = """trap 'echo interrupted; exit 130' INT
touch "$out/started"
while :; do sleep 0.05; done
"""


def report(*arguments):
    return subprocess.run([REPORT, *map(str, arguments)], capture_output=True, text=True)


def wait_for(truth, what):
    for _ in range(400):
        if truth():
            return
        time.sleep(0.025)
    check(False, "waited in vain for", what)


def stop_slow_program(command, out, number):
    """Signals the report, and it alone, while a program works; its output and exit status."""
    log = out / "fig6_tanh.log"
    (out / "started").unlink(missing_ok=True)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for((out / "started").exists, "a slow program")
    process.send_signal(number)
    try:
        output = process.communicate(timeout=20)[0]
    except subprocess.TimeoutExpired:
        check(False, "a signal did not end the report")
        process.kill()
        output = process.communicate()[0]
    wait_for(lambda: "interrupted" in log.read_text(), "the end of what a report had started")
    return output, process.returncode


def runs_stop_and_go_on(folder):
    programs, results, out = folder / "programs", folder / "results", folder / "out"
    programs.mkdir()
    results.mkdir()
    write_results(results, True)
    write_programs(programs, results)
    quick = (programs / "fig6_tanh").read_text()
    (programs / "fig6_tanh").write_text(quick.split("echo")[0] + SLOW)
    command = [REPORT, "--programs", programs, "--out", out, "--seed", "7", "--threads", "2", "--quick"]
    output, status = stop_slow_program(command, out, signal.SIGKILL)
    output, status = stop_slow_program(command, out, signal.SIGINT)
    check(status == 130, "after Ctrl-C the status is", status)
    check("stopped; the same command goes on from there" in output, output)
    check("[2/11] fig2_comparison ... there already" in output, output)
    check("[3/11] fig3_mappings ... not built" in output, output)
    check(not (out / "report.html").exists(), "a page after Ctrl-C")

    (programs / "fig6_tanh").write_text(quick)
    again = report(*command[1:])
    check(again.returncode == 1, "one program fails, and the status is", again.returncode)
    check(re.search(r"\[5/11\] fig5_complexity \(about \d+ s\) \.\.\. \d+ s, ended with status 3: "
                    r"see .*fig5_complexity\.log; about \d+ s left", again.stdout), again.stdout)
    calls = (out / "table_r2.calls").read_text()
    check(calls == f"--out {out} --seed 7 --threads 2 --quick\n", "it was run with", calls)
    stages = [s["stage"] for s in csv.DictReader(open(out / "stages.csv")) if s["program"] == "fig6_tanh"]
    begins, whole = "the program begins", "the whole program"
    check(stages == [begins, begins, whole, begins, whole], "what was killed, stopped, run:", stages)
    page = Page((out / "report.html").read_text())
    check("Not built" in page.text, "nothing about the program that is missing")
    check("A quick run:" in page.text, "nothing about what is small")
    check('cut.model: <bad> & "worse"' in page.text, "no last words of the program that failed")
    check("\n28\n" not in page.text and "\n30\n" in page.text, "not the end of a log")
    (out / "fig1_workflow.csv").unlink()
    runs = (out / "run.csv").read_text().splitlines()
    some = report(*command[1:], "--only", "fig2_comparison,fig1_workflow")
    check((out / "fig1_workflow.csv").exists(), "--only did not run it")
    check(some.returncode == 0, "all that was chosen is there, and the status is", some.returncode)
    check(report(*command[1:], "--only", "fig3_mappings").returncode == 1, "one is not built")
    check(len(runs) == 4 and len((out / "run.csv").read_text().splitlines()) == 5, "not the runs:", runs)
    terminal_shows_how_it_goes(command, programs, out)


def terminal_shows_how_it_goes(command, programs, out):
    """On a terminal, too, what a program says is in its log, and the seconds run."""
    terminal, end = pty.openpty()
    (out / "fig6_tanh.csv").unlink()
    write_program(programs, "fig6_tanh", "sleep 1.2\necho it broke >&2\nexit 4\n")
    process = subprocess.Popen([*command, "--only", "fig6_tanh"], stdout=end, stderr=end)
    os.close(end)
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(terminal)
    process.wait()
    check(re.search(rb"\[6/11\] fig6_tanh \(about 1 s\) \.\.\. \d s\r", shown), "no seconds:", shown)
    check(b" s, ended with status 4" in shown and b"it broke" not in shown, shown)
    check("it broke" in Page((out / "report.html").read_text()).text, "an error is not on the page")


def verdicts_follow_the_numbers(folder):
    folder.mkdir()
    for wanted in ("not run", "met", "not met"):
        if wanted != "not run":
            write_results(folder, wanted == "met")
        made = report("--page", "--out", folder)
        check(made.returncode == 0 and made.stderr == "", made)
        page = Page((folder / "report.html").read_text())
        check(page.verdicts == [wanted] * AIMS, page.verdicts, "where all should be", wanted)
        count = AIMS if wanted == "met" else 0
        check(f"{count} of {AIMS} aims are met" in made.stdout, made.stdout)
    write_results(folder, True)
    write_comparison(folder, "nan")
    write_cells(folder / "table_r2.csv", [["P1", "DM", "", "", .5, ""]])
    made = report("--page", "--out", folder).stdout
    check(re.search(r"^not met .*: diverged; the best baseline: 0.8500 \(Adam\+cos\)$", made, re.M), made)
    check(re.search(r"^not met .*, DM, at least 0.80: nan$", made, re.M), "a number lacks:", made)
    (folder / "table_r2.csv").write_text("row,column,ours,deviation,paper\nP1,DM,1,,\n")
    made = report("--page", "--out", folder).stdout
    check(re.search(r"^not run .*, DM, at least 0.80: -$", made, re.M), "cells of another form:", made)


def pages_are_whole(folder):
    folder.mkdir()
    write_results(folder, True)
    (folder / "fig2_comparison.svg").write_bytes(SVG)
    (folder / "fig2_comparison_part.svg").write_bytes(SVG[:-1])
    (folder / "fig2_comparison.log").write_text("first\n" + SPECIAL + "\n")
    (folder / "table_models.log").write_text("said by a table\n")
    (folder / "fig6_tanh.csv").write_text("x,y\n" + "1,2\n" * 99)
    write_cells(folder / "table_r2_more.csv", [
        ["two\nlines", "y + (x / z)^2", "0.123456", "1e-05", "", ""], ["row", "m", .5, "", .23, .133]])
    write_cells(folder / "table_tuned.csv",
                [["SGD", "net", 7, "", "", ""], ["lost", "net", "", "", "", ""],
                 ["SGD", "large", "", "", 78, ""], ["best", "large", "", "", 95, ""]])
    (folder / "stages.csv").write_text(
        f'program,stage,seconds\ntable_r2,"{SPECIAL[:5]}",3\ntable_r2,the program begins,0\n'
        'table_r2,killed,1.5\ntable_r2,the program begins,0\ntable_r2,other,1\n'
        'table_r2,the whole program,2\ntable_models,b,4.2\ntable_r2,torn,')
    (folder / "run.csv").write_text('processor,threads,compiler,date,images\n"A, B",2 of 2 cores,gcc,'
                                    '2026-01-01,digits\n"A, B",2 of 2 cores,gcc,2026-01-02,digits\n')
    report("--page", "--out", folder)
    text = (folder / "report.html").read_text()
    page = Page(text)
    check(len(set(page.ids)) == len(page.ids), "ids that are not unique:", page.ids)
    check(set(page.links) == {"#" + name for name in page.ids}, "links and anchors:", page.links)
    pictures = [base64.b64decode(p["src"].split(",")[1], validate=True) for p in page.pictures]
    check(pictures == [SVG, SVG[:-1]], "pictures:", pictures)
    check(all(p["alt"] for p in page.pictures), "a picture without alt")
    check("No picture was drawn" in page.text, "nothing about the picture that lacks")
    check("first\n" + SPECIAL + "\n" in page.text, "nothing of what a figure's program said")
    check("said by a table" not in page.text, "a table twice")
    check("fig6_tanh.csv, 99 rows" in page.text, "nothing about data")
    check(["equation", "", "", SPECIAL + "paper: " + SPECIAL, "", ""] in page.rows, page.rows)
    check(["two\nlines", "0.1235 \u00b1 1e-05", ""] in page.rows, "a cell with a deviation:", page.rows)
    check(["row", "", "0.5paper: 0.23 \u00b1 0.13"] in page.rows, "the paper's deviation:", page.rows)
    check("<th>y + (x / z)^2</th>" in text, "a name is a formula")
    at = page.rows.index(["", "net"])
    check(page.rows[at:at + 6] == [["", "net"], ["SGD", "7"], ["lost", ""], ["", "large"],
                                   ["SGD", "paper: 78"], ["best", "paper: 95"]], "two tables:", page.rows[at:])
    check(["2", "0.8501 \u00b1 0.01", "0.95 \u00b1 0.01", "0.85 \u00b1 0.02", "0.7 \u00b1 0.01"]
          in page.rows, page.rows)
    check("6.5 s: a < b (3 s); killed (1.5 s); other (1 s)\n" in page.text, "stages")
    check(["size", "full, 11 s in all"] in page.rows, "seconds of all:", page.rows[:9])
    check(["date", "2026-01-01; 2026-01-02"] in page.rows and ["processor", "A, B"] in page.rows,
          "not the machines of the runs:", page.rows[:9])
    check("http" not in text, "it leads elsewhere")
    check("A quick run:" not in text, "a full run is called small")
    markdown = (folder / "paper-results.md").read_text()
    check("0.1235 \u00b1 1e-05" in markdown, "a cell in Markdown")
    check("0.5 (paper: 0.23 \u00b1 0.13)" in markdown, "the paper's deviation in Markdown")
    columns = 0
    for line in markdown.splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        check(bars == columns or not bars or not columns, "a row of another length:", line)
        columns = bars


def wrong_use_is_refused(folder):
    for wanted, status, *arguments in (("fig1_workflow", 1, "--only", "fig9"),
                                       ("nowhere/train-images", 1, "--data", "nowhere", "--page"),
                                       ("missing value", 2, "--programs")):
        folder = folder / "next"
        made = report("--out", folder, *arguments)
        check(made.returncode == status and wanted in made.stderr, made)
        check(made.stderr.count("\n") == 1, "more than a line:", made.stderr)
        check(not (folder / "report.html").exists(), "a page")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        runs_stop_and_go_on(folder)
        verdicts_follow_the_numbers(folder / "verdicts")
        pages_are_whole(folder / "pages")
        wrong_use_is_refused(folder / "refused")
    print("the report is as it should be" if failures == 0 else f"{failures} failures")
    return failures > 0


sys.exit(main())
