# curl and the server of the guide's chapter on HTTP. curl receives until the server has closed, so the server's last call is there.
. "$(dirname "$0")/serve.sh"
serve "${NODE:-node}" build/programs/examples/guide/http/http.js nothing
curl -sS --ignore-content-length "http://127.0.0.1:$port/products" > /dev/null
