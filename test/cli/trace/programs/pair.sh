# A server and its client, both for Node. Arguments: each with its own arguments; the client gets the port too.
. "$(dirname "$0")/serve.sh"
sockets() { readlink "/proc/$server/fd/"* | grep -c socket:; }
serve "${NODE:-node}" $1
before=$(sockets)
"${NODE:-node}" $2 "$port"
until [ "$(sockets)" -le "$before" ]; do # the server has closed the connections too
  kill -0 $server || exit
  sleep 0.05
done
