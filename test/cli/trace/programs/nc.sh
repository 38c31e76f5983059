# A client in Python and nc -l.
port=$((20000 + $$ % 10000))
log=$(mktemp)
echo from nc | nc -lvN 127.0.0.1 $port 2> "$log" & server=$!
until grep -qi listening "$log"; do
  kill -0 $server || exit
  sleep 0.05
done
python3 "$(dirname "$0")/client.py" $port
wait $server
rm "$log"
