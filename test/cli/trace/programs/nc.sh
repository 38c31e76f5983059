# A client in Python and nc -l. The argument: the interpreter of Python.
port=$((20000 + $$ % 10000))
log=$(mktemp)
echo from nc | nc -lvN 127.0.0.1 $port 2> "$log" & server=$!
until grep -qi listening "$log"; do
  kill -0 $server || exit
  sleep 0.05
done
"$1" "$(dirname "$0")/client.py" $port
wait $server
rm "$log"
