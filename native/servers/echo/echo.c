// echo: sends back what each client sends, until the client stops sending. The same server five times: `blocking` and
// `threads` in echo_blocking.c wait in the calls; `select`, `poll` and `epoll`, each a file of loops/, ask the kernel
// which of the clients in echo_clients.c are ready.
#include "echo.h"

#include <stddef.h>
#include <sys/socket.h>

static void serve(server* server, int mode) {
  switch (mode) {
#define CALLS(name)      \
  case MODE_##name:      \
    echo_##name(server); \
    break;
#define LOOP(name)                              \
  case MODE_##name:                             \
    echo_clients_serve(server, clients_##name); \
    break;
    MODES(CALLS, LOOP)
  }
}

int main(int argc, char** argv) {
  server_choice choices[] = {MODE_CHOICE, {.name = NULL}};
  server_options options = {.program = "echo",
                            .purpose = "sends back what each client sends",
                            .choices = choices,
                            .host = "127.0.0.1",
                            .port = 9999,
                            .backlog = SOMAXCONN};
  server_parse(&options, argc, argv);
  server echo = server_open(&options);
  serve(&echo, choices[0].chosen);
  server_close(&echo);
  return 0;
}
