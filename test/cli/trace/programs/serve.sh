# serve COMMAND...: starts a server that prints `listening on` and its port, sets port, and stops it when the script ends.
cd "$(dirname "$0")/../../../.." || exit
serve() {
  out=$(mktemp)
  "$@" > "$out" & server=$!
  trap 'kill $server; wait $server 2> /dev/null; rm "$out"' EXIT
  until port=$(sed -n 's/^listening on .*[: ]\([0-9][0-9]*\)\( }\)*$/\1/p' "$out") && [ -n "$port" ]; do
    kill -0 $server || exit
    sleep 0.05
  done
}
