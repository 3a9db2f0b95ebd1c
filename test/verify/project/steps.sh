# What to make, and where.
metric() {
  echo "{\"metric\": \"$1\", \"value\": $2}" >> "$SLUICE_LOG"
}
now=$(date +%s%N)
case $1 in
  table)
    printf 'a,b\n1,2.5\n2,3.5\n' > "$2"
    metric count 2
    ;;
  clock)
    printf 'made\nat %s\n' "$now" > "$2"
    metric moment "$now"
    ;;
  cell)
    printf 'a,b\n1,2.5\n2,%s\n' "$now" > "$2"
    ;;
  near)
    near=1.0000000$(date +%N)
    printf 'a,b\n1,%s\n' "$near" > "$2"
    metric near "$near"
    ;;
  once)
    if [ -e state/done ]; then
      echo "the state is spoilt"
      exit 3
    fi
    mkdir -p state
    touch state/done
    echo once > "$2"
    ;;
  slow)
    sleep 1
    echo slow > "$2"
    ;;
esac
