# Keeps the first rows that are no comments.
. ./lib.sh
keep "$1" | head -n "$2" > "$3"
