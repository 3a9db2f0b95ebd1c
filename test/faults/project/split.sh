head -n 3 "$1" >"$2"
mkdir -p "$3/below" && cp "$1" "$3/all.csv" && printf 'x\n' >"$3/below/one"
