// The five ways of http to serve its clients. Each returns when a stop was asked for and every
// request that was under way then is answered.
#ifndef BSD_SOCKETS_SERVERS_HTTP_H
#define BSD_SOCKETS_SERVERS_HTTP_H

#include "http_service.h"
#include "server.h"

typedef void http_mode(server* server, const http_settings* settings);

http_mode http_blocking;
http_mode http_threads;
http_mode http_select;
http_mode http_poll;
http_mode http_epoll;

#endif
