rows=$(($(wc -l < "$1") - 1))
echo "training on $rows rows with $3, note: $4"
for step in 1 2 3; do
  echo "{\"metric\": \"loss\", \"value\": 0.$((4 - step)), \"step\": $step}" >> "$SLUICE_LOG"
done
echo '{"tag": "note", "value": "a tag"}' >> "$SLUICE_LOG"
echo "weights $3" > "$2"
