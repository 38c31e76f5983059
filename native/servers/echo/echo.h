// The modes of echo. Each returns when a stop was requested and every client has got back the bytes that had arrived
// before it.
#ifndef BSD_SOCKETS_SERVERS_ECHO_H
#define BSD_SOCKETS_SERVERS_ECHO_H

#include "loops/clients.h"
#include "server.h"

#define ECHO_CALLS(name) void echo_##name(server* server);
#define ECHO_LOOP(name)
MODES(ECHO_CALLS, ECHO_LOOP)
void echo_clients_serve(server* server, clients_loop* loop);

#endif
