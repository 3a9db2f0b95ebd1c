echo "a first line"
echo "the last words" >&2
exit 3
