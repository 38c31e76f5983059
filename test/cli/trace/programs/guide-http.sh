# curl and the server of the guide's chapter on HTTP.
. "$(dirname "$0")/serve.sh"
serve "${NODE:-node}" build/programs/examples/guide/http/http.js nothing
curl -sS "http://127.0.0.1:$port/products" > /dev/null
