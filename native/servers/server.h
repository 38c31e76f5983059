// The parts that all servers share: the command line, the listening socket, and the signals that stop a server. A
// process is one server. Messages go to stderr, and begin with the program's name.
#ifndef BSD_SOCKETS_SERVERS_SERVER_H
#define BSD_SOCKETS_SERVERS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The pause after a failure for lack of a resource, for example of the listener when accept found no free descriptor.
// In milliseconds.
enum { SERVER_PAUSE = 100 };

// How long a server that is to stop still serves as before, in milliseconds. Meanwhile the handshakes that have begun
// end, and the first request of a client that has just connected arrives.
enum { SERVER_SETTLE = 100 };

// How long a stopping server still receives from clients that have got everything, in milliseconds. Closing a socket
// with unread bytes resets it, and the reset may overtake the answer (RFC 1122, 4.2.2.13).
enum { SERVER_LINGER = 1000 };

// An option whose value is one of a list of words.
typedef struct {
  const char* name;          // "--mode"
  const char* meaning;       // for --help
  const char* const* words;  // NULL after the last
  int chosen;                // index into `words`: the default, then what the command line says
} server_choice;

// An option whose value is a number.
typedef struct {
  const char* name;
  const char* meaning;
  int value;  // the default, then what the command line says
  int smallest, largest;
} server_number;

typedef struct {
  const char* program;     // "echo"
  const char* purpose;     // for --help: one sentence
  server_choice* choices;  // the program's own options; the last one has the name NULL
  server_number* numbers;  // likewise, or NULL
  const char* host;        // --host: numeric, IPv4 or IPv6
  int port;                // --port: 0 lets the kernel choose
  const char* path;        // --path: a Unix socket, instead of host and port; or NULL
  int backlog;             // --backlog: see listen(2)
} server_options;

typedef struct {
  int listener;  // non-blocking; -1 once server_close was called
  bool local;    // Unix: after descriptors were sent, a receive may give less than there is. unix(7)
  int stop;      // readable once a stop is requested, for ever: never read
} server;

// Reads the command line into `options`, which holds the defaults. Exits with 0 after --help, and with 2 on wrong
// usage, naming the option.
void server_parse(server_options* options, int argc, char** argv);

// Listens, prints `listening on HOST:PORT` (or the path) on stdout, and handles SIGINT and SIGTERM: the first requests
// a stop, the second ends the process. At the first one no further client can connect, and the stop is requested
// SERVER_SETTLE later; if the kernel cannot keep clients out, at once. Exits with 1 if a call fails, naming it.
server server_open(const server_options* options);

// Closes the listener, and removes the socket's path if that is still the server's. A second call does nothing.
void server_close(server* server);

// Whether a stop was requested.
bool server_stopping(void);

// Accepts a client. Returns -1 on failure: with EAGAIN if none waits; with any other errno, which it has reported, do
// not accept again for SERVER_PAUSE or until a client is closed.
int server_accept(const server* server, bool nonblocking);

// After a stop: accepts the clients that connected before it, and closes the listener. Returns their number, and in
// `clients` an array from malloc(3). If descriptors are lacking, the listener stays open for the other clients: close
// some descriptors, and call it again until it returns 0.
int server_backlog(server* server, int** clients);

// Waits for a client and accepts it. Returns -1 once a stop was requested.
int server_next(const server* server);

// Waits until `fd` has one of `events`, a stop is requested, or `timeout` milliseconds have passed (-1: no limit).
// Returns whether `fd` has one of them. After a stop it does not wait. poll(2)
bool server_wait(const server* server, int fd, short events, int timeout);

// Memory of `size` bytes to receive into, from malloc(3)'s family. It begins with a cache line, and not with a page: on
// some processors the kernel copies several times slower to other places. Returns NULL and sets errno on failure.
void* server_room(size_t size);
void server_room_free(void* room);

// A monotonic clock, in milliseconds.
int64_t server_now(void);

// Reports errno as `echo: what: Permission denied`.
void server_warn(const char* what);

// Reports a message in the format of printf(3), likewise.
void server_say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// As server_warn, at most once a second; then sleeps for SERVER_PAUSE.
void server_pause(const char* what);

// After a failed wait: does nothing on EINTR, pauses if the kernel lacked memory, otherwise exits with 1.
void server_wait_failed(const char* call);

// As server_warn, then exits with 1.
_Noreturn void server_fail(const char* what);

#endif
