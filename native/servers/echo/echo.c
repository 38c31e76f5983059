// echo: sends back what each client sends, until the client stops sending. The same server five times: `blocking` and
// `threads` in echo_blocking.c wait in the calls; `select`, `poll` and `epoll`, each a file of loops/, ask the kernel
// which of the clients in echo_clients.c are ready.
#include "echo.h"

#include <stddef.h>
#include <sys/socket.h>

// The words of --mode, and the function of each.
static const char* const modes[] = {"blocking", "threads", "select", "poll", "epoll", NULL};
enum { BLOCKING, THREADS, LOOPS };
static clients_loop* const loops[] = {clients_select, clients_poll, clients_epoll};

static void serve(server* server, int mode) {
  if (mode == BLOCKING) {
    echo_blocking(server);
  } else if (mode == THREADS) {
    echo_threads(server);
  } else {
    echo_clients_serve(server, loops[mode - LOOPS]);
  }
}

int main(int argc, char** argv) {
  server_choice choices[] = {
      {.name = "--mode", .words = modes, .chosen = 4, .meaning = "how clients are served; epoll is kqueue on macOS"},
      {.name = NULL}};
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
