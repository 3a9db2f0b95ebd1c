echo "asleep"
sleep 60 &
sleep 60
