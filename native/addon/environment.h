// What belongs to one environment, the main one or a worker's.
#ifndef BSD_SOCKETS_ENVIRONMENT_H
#define BSD_SOCKETS_ENVIRONMENT_H

#include <node_api.h>

// Whether a worker's descriptor is closed when its environment ends, as a worker that is terminated does; those of the
// first thread are the process's. A number that cannot be a descriptor's is passed over.
void Own(napi_env env, double fd, bool owned);

// Whether this thread is the one that the process began with, on which no worker runs.
bool OnFirstThread();

#endif
