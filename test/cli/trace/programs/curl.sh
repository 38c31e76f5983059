# curl and the HTTP server.
. "$(dirname "$0")/serve.sh"
serve "${NODE:-node}" bin/bsd-sockets.js http --port 0
curl -sS "http://127.0.0.1:$port/" > /dev/null
