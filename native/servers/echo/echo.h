// The ways of echo to serve its clients. Each returns when a stop was asked for and every client has got back
// what had come from it by then.
#ifndef BSD_SOCKETS_SERVERS_ECHO_H
#define BSD_SOCKETS_SERVERS_ECHO_H

#include "loops/clients.h"
#include "server.h"

void echo_blocking(server* server);
void echo_threads(server* server);
void echo_clients_serve(server* server, clients_loop* loop);

#endif
