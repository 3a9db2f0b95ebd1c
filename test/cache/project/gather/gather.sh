all=$1
shift
cat "$@" > "$all"
