# A step of the graph: NAME OUTPUT [INPUT]…. Writes its output in two halves, and says in STEP_LOG when it began and ended.
set -eu
name=$1 output=$2
shift 2
echo "begin $name $(date +%s%3N)" >> "$STEP_LOG/steps"
{
  echo "$name"
  sleep 0.4
  cat "$@" /dev/null
} > "$output"
echo "end $name $(date +%s%3N)" >> "$STEP_LOG/steps"
