// echo: sends back what each client sends, until the client says that it is done. The same server five times:
// `blocking` and `threads` in echo_blocking.c wait inside the calls; `select`, `poll` and `epoll`, in a file each,
// ask the kernel which of the clients in echo_clients.c have something to do.
#include "echo.h"

#include <stddef.h>
#include <sys/socket.h>

// The words of --mode, and what each means.
static const char* const modes[] = {"blocking", "threads", "select", "poll", "epoll", NULL};
static void (*const serve[])(server*) = {echo_blocking, echo_threads, echo_select, echo_poll, echo_epoll};

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
  serve[choices[0].chosen](&echo);
  server_close(&echo);
  return 0;
}
