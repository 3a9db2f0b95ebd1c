set -eu
case $1 in
split)
  printf 'x,y\n1,2\n3,4\n' >"$2"
  mkdir -p "$3/deep/er" "$3/empty"
  echo one >"$3/one.txt"
  echo two >"$3/deep/two.txt"
  printf '#!/bin/sh\necho three\n' >"$3/deep/er/three.sh"
  chmod +x "$3/deep/er/three.sh"
  ;;
draw)
  { echo '<svg>'; cat "$2/one.txt" "$2/deep/two.txt"; echo '</svg>'; } >"$3"
  ;;
report)
  { wc -c <"$2"; cat "$3"; echo "loss $4"; } >"$5"
  ;;
esac
