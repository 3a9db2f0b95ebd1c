echo attempt >> "$1"
[ "$(wc -l < "$1")" -ge 3 ]
