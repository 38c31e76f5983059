// The modes of http. Each returns when a stop was requested and every request that was under way then is answered.
#ifndef BSD_SOCKETS_SERVERS_HTTP_H
#define BSD_SOCKETS_SERVERS_HTTP_H

#include "http_service.h"
#include "loops/clients.h"
#include "server.h"

#define HTTP_CALLS(name) void http_##name(server* server, const http_settings* settings);
#define HTTP_LOOP(name)
MODES(HTTP_CALLS, HTTP_LOOP)
void http_clients_serve(server* server, const http_settings* settings, clients_loop* loop);

#endif
