# SPDX-License-Identifier: MIT
# What Doxygen cannot see by itself: the statuses behind the X-macro, with their texts; and that a typedef right
# after its structure adds nothing to document.
/^    X\(/ {
    split($0, part, /[(,] *|"/)
    statuses = statuses "L2OSR_" part[2] " = " part[3] ", /**< " part[5] " */\n"
}
/#(define|undef) L2OSR_STATUS_ENTRY/ { next }
/^ *L2OSR_STATUS_LIST\(L2OSR_STATUS_ENTRY\)/ { printf "%s", statuses; next }
/^typedef struct/ && previous == "};" { print ""; next }
{ print; previous = $0 }
