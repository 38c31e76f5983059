# The example echo-message and its client.
. "$(dirname "$0")/serve.sh"
examples=build/programs/examples
serve "${NODE:-node}" $examples/echo-message.js --port 0
"${NODE:-node}" $examples/echo-message-client.js --port "$port"
