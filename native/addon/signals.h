// Signals that come while the event loop, which would tell of them, does not run.
#ifndef BSD_SOCKETS_SIGNALS_H
#define BSD_SOCKETS_SIGNALS_H

#include <napi.h>

// signals(writer, ...numbers): how many signals have come of those that were asked for so far. One that has no handler
// is not counted. From now on each writes a byte to the descriptor `writer`, unless that is -1.
Napi::Value Signals(const Napi::CallbackInfo& info);

#endif
