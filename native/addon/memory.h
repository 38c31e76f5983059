// Memory that JavaScript lends out and that nobody can take away from it.
#ifndef BSD_SOCKETS_MEMORY_H
#define BSD_SOCKETS_MEMORY_H

#include <node_api.h>

// untransferable(size): a Buffer whose memory no message of Node's transfers: of Node-API's external memory it
// transfers none. Undefined where the runtime has no such memory.
napi_value Untransferable(napi_env env, napi_callback_info info);

#endif
