// Counts the signals that arrive while the event loop, which would report them, does not run.
#ifndef BSD_SOCKETS_SIGNALS_H
#define BSD_SOCKETS_SIGNALS_H

#include <node_api.h>

// signals(writer, ...numbers): counts these signals from now on. Returns the number of signals so far, of all numbers
// given in any call; a signal without a handler is not counted. From now on each signal also writes a byte to the
// descriptor `writer`, unless that is -1, and to the writers of earlier calls.
napi_value Signals(napi_env env, napi_callback_info info);

#endif
