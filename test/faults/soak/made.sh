echo "$1" > "/dev/shm/sluice-soak-$1-$$"
mkdir "$2"
for each in 1 2 3 4 5; do echo "$1 $each" > "$2/$each"; done
head -c 1200000 /dev/zero > "$2/large"
echo "$1" >> "$2/large"
