// The state of one environment, the main one or a worker's.
#ifndef BSD_SOCKETS_ENVIRONMENT_H
#define BSD_SOCKETS_ENVIRONMENT_H

#include <node_api.h>

// Sets whether a descriptor is closed when its worker's environment ends, also by `terminate`. Descriptors of the first
// thread belong to the process. A number that cannot be a descriptor is ignored.
void Own(napi_env env, double fd, bool owned);

// Gives the pending error of a wrong argument to the function that JavaScript has set by `refused`, which adds to it.
void TellRefused(napi_env env, const char* argument);

// Whether this is the first thread of the process, which is never a worker's.
bool OnFirstThread();

// The system's number of this thread, as strace(1) and dtruss(1) write it.
double ThreadNumber();

#endif
