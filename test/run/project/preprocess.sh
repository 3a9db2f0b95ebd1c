echo "making $1 rows"
{
  echo "x,y"
  row=0
  while [ "$row" -lt "$1" ]; do
    echo "$row,$((row * 2))"
    row=$((row + 1))
  done
} > "$2"
