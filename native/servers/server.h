// What the servers share: the command line, the listening socket, and the signals that stop them. A process is one
// server. Messages go to stderr, each beginning with the program's name.
#ifndef BSD_SOCKETS_SERVERS_SERVER_H
#define BSD_SOCKETS_SERVERS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

// How long to leave alone what failed since there was none of something: the listener when accept found no free
// descriptor, say. In milliseconds.
enum { SERVER_PAUSE = 100 };

// How long a server that stops listens to clients that are owed nothing, in milliseconds: a socket closed with
// bytes unread is reset, and the reset overtakes the answer (RFC 1122, 4.2.2.13).
enum { SERVER_LINGER = 1000 };

// An option whose value is one of a few words.
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
  const char* purpose;     // what it does, for --help: one sentence
  server_choice* choices;  // the program's own options; the name is NULL after the last
  server_number* numbers;  // more of them, likewise, or NULL
  const char* host;        // --host: numeric, IPv4 or IPv6
  int port;                // --port: 0 lets the kernel choose
  const char* path;        // --path: of a Unix socket, in the place of host and port; NULL for none
  int backlog;             // --backlog: see listen(2)
} server_options;

typedef struct {
  int listener;  // non-blocking; -1 once server_close was called
  bool local;    // Unix: a receive may give less than there is, where descriptors were sent. unix(7)
  int stop;      // readable from the first SIGINT or SIGTERM on, for ever: never read from it
} server;

// Reads the command line over the defaults in `options`. Exits with 0 after --help, and with 2 on wrong usage,
// naming the option.
void server_parse(server_options* options, int argc, char** argv);

// Listens, prints `listening on HOST:PORT` (or the path) on stdout, and takes over SIGINT and SIGTERM: the first
// asks for a stop, the second ends the process. Exits with 1 if a call fails, naming it.
server server_open(const server_options* options);

// Closes the listener and removes the socket's path, if it is still its own; again, it does nothing.
void server_close(server* server);

// Whether a stop was asked for.
bool server_stopping(void);

// Accepts a client. Returns -1 if there is none, and errno is EAGAIN if none waits; with any other errno, which it
// has reported, accept is to be left alone for SERVER_PAUSE or until a client is closed.
int server_accept(const server* server, bool nonblocking);

// After a stop: accepts those who had connected by then, and closes the listener. Returns how many, in `clients`, which
// is from malloc(3). Where there are too few descriptors the listener stays open for the others: close some, and call
// it again until it returns 0.
int server_backlog(server* server, int** clients);

// Waits for a client and accepts it. Returns -1 once a stop was asked for.
int server_next(const server* server);

// Waits until `fd` has one of poll(2)'s `events`, a stop was asked for, or `timeout` milliseconds passed (-1: no
// limit). Returns whether `fd` has them. With a stop asked for it does not wait.
bool server_wait(const server* server, int fd, short events, int timeout);

// A clock that is never set back, in milliseconds.
int64_t server_now(void);

// Reports errno as `echo: what: Permission denied`.
void server_warn(const char* what);

// Reports what printf(3) makes of the arguments, likewise.
void server_say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// As server_warn, once a second at most, then sleeps for SERVER_PAUSE.
void server_pause(const char* what);

// After a wait that failed: does nothing on EINTR, pauses where the kernel had no memory for it, else exits with 1.
void server_wait_failed(const char* call);

// As server_warn, then exits with 1.
_Noreturn void server_fail(const char* what);

#endif
