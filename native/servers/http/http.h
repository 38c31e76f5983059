// The modes of http. Each returns when a stop was requested and every request that was under way then is answered.
#ifndef BSD_SOCKETS_SERVERS_HTTP_H
#define BSD_SOCKETS_SERVERS_HTTP_H

#include "http_service.h"
#include "loops/clients.h"
#include "server.h"

void http_blocking(server* server, const http_settings* settings);
void http_threads(server* server, const http_settings* settings);
void http_clients_serve(server* server, const http_settings* settings, clients_loop* loop);

#endif
