// Signals that come while the event loop, which would report them, does not run.
#ifndef BSD_SOCKETS_SIGNALS_H
#define BSD_SOCKETS_SIGNALS_H

#include <node_api.h>

// signals(writer, ...numbers): how many signals have come of those that were asked for so far. One that has no handler
// is not counted. From now on each writes a byte to the descriptor `writer`, unless that is -1; so many do that others
// have told, as well.
napi_value Signals(napi_env env, napi_callback_info info);

#endif
