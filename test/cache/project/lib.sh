keep() { grep -v '^#' "$1"; }
