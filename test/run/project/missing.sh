echo "I write nothing"
