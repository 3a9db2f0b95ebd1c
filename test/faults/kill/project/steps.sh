# The steps of `pipeline.ts`. Each says that it ran in the file `done` above the project: only with the sandbox off is it there.
set -eu
step=$1
shift
case $step in
  start)
    echo "$1" > "$2"
    mkdir "$3"
    echo a > "$3/a"
    echo b > "$3/b"
    ;;
  left)
    cat "$1" > "$2"
    echo '{"metric": "loss", "value": 0.5}' >> "$SLUICE_LOG"
    ;;
  right) cat "$1/a" "$1/b" > "$2" ;;
  join)
    cat "$2" "$3" > "$4"
    echo "$1" >> "$4"
    ;;
  first) echo "$1" > "$2" ;;
  further)
    step=further-$1-$2
    tail -n 1 "$3" > "$5"
    tail -n 1 "$4" >> "$5"
    ;;
  last)
    made=$1
    shift
    cat "$@" > "$made"
    ;;
esac
done=${TMPDIR%/project/.sluice/*}/done
[ ! -e "$done" ] || echo "$step" >> "$done"
