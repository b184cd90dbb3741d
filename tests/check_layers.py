#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the sources to the rules of doc/conventions.md that a compiler does not know.

Usage: check_layers.py [ROOT]. Prints one line "file:line: reason" a violation; exit status 1 if there is one.
"""
import pathlib
import re
import sys

MAX_FILE, MAX_FUNCTION = 900, 120
SOURCES = {'.c', '.h', '.inc'}
FOLDERS = ['lib', 'include', 'examples', 'tests', 'doc', '.ci']
TEXTS = SOURCES | {'.cpp', '.hpp', '.build', '.py', '.sh', '.md', '.map', '.txt', '.gp', '.rule', '.l2o', '.supp', ''}
# What a library must leave to its host; the word before a '(' that is not part of a longer name.
FORBIDDEN = re.compile(r'(?<![\w.>])(printf|vprintf|puts|putchar|perror|abort|exit|_exit|getenv|setenv|'
                       r'setlocale|srand|rand|signal|sigaction|system)\s*\(')
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')

violations = []


def report(path, line, reason):
    violations.append(f'{path.relative_to(root)}:{line}: {reason}')


def room_order():
    text = (root / 'lib/meson.build').read_text()
    return re.findall(r"'(\w+)'", re.search(r'foreach room : \[(.*?)\]', text, re.S).group(1))


def blank_out(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def code_only(text):
    """The text with comments, strings and characters blanked, so that positions stay the same."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank_out, text, flags=re.S)


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_room(path, text, rooms):
    room = path.relative_to(root).parts[1]
    allowed = rooms[:rooms.index(room) + 1]
    for number, quoted, name in includes(text):
        first = name.split('/')[0]
        if first in ('l2osr', 'l2osr.h') or not quoted:
            continue
        if '/' not in name or first not in rooms:
            report(path, number, f'"{name}" is not of the form "room/file.h"')
        elif first not in allowed:
            report(path, number, f'{room} must not use {first}, which comes after it')


def check_public(path, text):
    for number, quoted, name in includes(text):
        if quoted and not name.startswith('l2osr/'):
            report(path, number, f'a public header includes "{name}"')


def check_calls(path, code):
    for match in FORBIDDEN.finditer(code):
        report(path, code.count('\n', 0, match.start()) + 1, f'{match.group(1)}() is the host\'s business')


def check_functions(path, code):
    """A function body opens with ') {' outside any other and closes with '}' in the first column."""
    start = None
    for number, line in enumerate(code.splitlines(), 1):
        if start is None and line.rstrip().endswith(') {'):
            start = number
        elif start is not None and line.startswith('}'):
            if number - start + 1 > MAX_FUNCTION:
                report(path, start, f'a function of {number - start + 1} lines; at most {MAX_FUNCTION}')
            start = None


def check_text(path, text):
    lines = text.splitlines()
    if not any('SPDX-License-Identifier: ' in line for line in lines[:3]):
        report(path, 1, 'no SPDX-License-Identifier in the first lines')
    if path.suffix in SOURCES and len(lines) > MAX_FILE:
        report(path, len(lines), f'{len(lines)} lines; at most {MAX_FILE}')
    for number, line in enumerate(lines, 1):
        if line != line.rstrip() or (path.suffix in SOURCES and '\t' in line):
            report(path, number, 'a tab or a blank at the end of the line')


def is_text(path):
    return path.is_file() and '__pycache__' not in path.parts and \
        (path.suffix in TEXTS or path.name in ('meson.build', 'Doxyfile'))


def files():
    for name in ['meson.build', 'meson_options.txt', '.gitignore', '.clang-format', 'README.md']:
        if (root / name).exists():
            yield root / name
    for folder in FOLDERS:
        yield from sorted(filter(is_text, (root / folder).rglob('*')))


root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
rooms = room_order()
for path in files():
    text = path.read_text(encoding='utf-8')
    top = path.relative_to(root).parts[0]
    check_text(path, text)
    if path.suffix not in SOURCES:
        continue
    code = code_only(text)
    check_functions(path, code)
    if top == 'include':
        check_public(path, text)
    if top == 'lib':
        check_calls(path, code)
        if len(path.relative_to(root).parts) > 2:
            check_room(path, text, rooms)
print('\n'.join(violations))
sys.exit(1 if violations else 0)
