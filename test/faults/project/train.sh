echo "training with $3"
printf '{"metric": "loss", "value": 0.25, "step": 0}\n' >>"$SLUICE_LOG"
printf '{"metric": "loss", "value": 0.125, "step": 1}\n' >>"$SLUICE_LOG"
{ echo "alpha $3"; cat "$1"; } >"$2"
