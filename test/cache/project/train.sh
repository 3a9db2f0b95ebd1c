cat "$1" words.txt > "$2"
echo "depth $3, $GREETING" >> "$2"
echo '{"metric": "loss", "value": 0.5}' >> "$SLUICE_LOG"
echo '{"metric": "extra", "value": 1}' >> "$SLUICE_LOG"
