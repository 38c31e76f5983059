// http: an HTTP/1.1 server with two small applications. The same server five times: `blocking` and `threads` in
// http_blocking.c wait in the calls; `select`, `poll` and `epoll`, each a file of loops/, ask the kernel which of the
// clients in http_clients.c are ready. All share http_service.c, so a client gets the same answers in each.
#include "http.h"

#include <stddef.h>
#include <sys/socket.h>

static void serve(server* server, const http_settings* settings, int mode) {
  switch (mode) {
#define CALLS(name)                \
  case MODE_##name:                \
    http_##name(server, settings); \
    break;
#define LOOP(name)                                        \
  case MODE_##name:                                       \
    http_clients_serve(server, settings, clients_##name); \
    break;
    MODES(CALLS, LOOP)
  }
}

static const char* const apps[] = {"hello", "echo", NULL};
static http_app* const app[] = {http_app_hello, http_app_echo};

static server_choice choices[] = {
    MODE_CHOICE,
    {.name = "--app",
     .words = apps,
     .meaning = "hello: GET /, GET /large (64 KiB) and POST /echo; echo: any request gets its content back"},
    {.name = NULL}};

enum {
  CONNECTIONS,
  REQUEST_LINE,
  HEADERS,
  HEADER_BYTES,
  BODY,
  HEADER_TIMEOUT,
  BODY_TIMEOUT,
  WRITE_TIMEOUT,
  IDLE_TIMEOUT,
  NUMBERS
};

enum { DAY = 24 * 60 * 60 * 1000, LINGER_TIMEOUT = 2000 };

static server_number numbers[] = {
    [CONNECTIONS] = {"--max-connections", "clients at a time; more wait to be accepted", 16384, 1, 1 << 20},
    [REQUEST_LINE] = {"--max-request-line", "bytes; a longer one is 414", 8192, 1, HTTP_REQUEST_LINE_MAX},
    [HEADERS] = {"--max-headers", "lines; more are 431", 100, 0, HTTP_HEADERS_MAX},
    [HEADER_BYTES] = {"--max-header-bytes", "of all lines; more are 431", 32768, 0, HTTP_HEADER_BYTES_MAX},
    [BODY] = {"--max-body", "bytes; more are 413", 1 << 20, 0, 1 << 30},
    [HEADER_TIMEOUT] = {"--header-timeout", "milliseconds for a request to come, its content apart", 10000, 1, DAY},
    [BODY_TIMEOUT] = {"--body-timeout", "milliseconds for the content", 30000, 1, DAY},
    [WRITE_TIMEOUT] = {"--write-timeout", "milliseconds for the client to take answers", 30000, 1, DAY},
    [IDLE_TIMEOUT] = {"--idle-timeout", "milliseconds between requests", 60000, 1, DAY},
    [NUMBERS] = {.name = NULL}};

static http_settings settings(void) {
  return (http_settings){.app = app[choices[1].chosen],
                         .limits = {.request_line = (uint64_t)numbers[REQUEST_LINE].value,
                                    .header_count = (uint64_t)numbers[HEADERS].value,
                                    .header_bytes = (uint64_t)numbers[HEADER_BYTES].value,
                                    .body = (uint64_t)numbers[BODY].value},
                         .connections = numbers[CONNECTIONS].value,
                         .timeouts = {[HTTP_FIRST] = numbers[HEADER_TIMEOUT].value,
                                      [HTTP_IDLE] = numbers[IDLE_TIMEOUT].value,
                                      [HTTP_HEAD] = numbers[HEADER_TIMEOUT].value,
                                      [HTTP_BODY] = numbers[BODY_TIMEOUT].value,
                                      [HTTP_WRITE] = numbers[WRITE_TIMEOUT].value,
                                      [HTTP_LINGER] = LINGER_TIMEOUT}};
}

int main(int argc, char** argv) {
  server_options options = {.program = "http",
                            .purpose = "serves HTTP/1.1",
                            .choices = choices,
                            .numbers = numbers,
                            .host = "127.0.0.1",
                            .port = 5000,
                            .backlog = SOMAXCONN};
  server_parse(&options, argc, argv);
  const http_settings chosen = settings();
  server server = server_open(&options);
  serve(&server, &chosen, choices[0].chosen);
  server_close(&server);
  return 0;
}
