#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "socket.h"

static const char* program;
// The path to be removed at the end, by the handler of the signals or by the thread that closes the listener.
static const char* _Atomic bound_path;
static struct stat bound_file;     // the file at that path when it was bound
static atomic_int listening = -1;  // the listener, for the handler of the signals
static atomic_bool asked;          // a signal has come
static atomic_bool stopping;
static int stop_pipe[2];

void server_warn(const char* what) {
  fprintf(stderr, "%s: %s: %s\n", program, what, strerror(errno));
}

void server_say(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "%s: %s\n", program, text);
}

static void remove_path(void) {
  struct stat file;
  const char* const path = atomic_exchange(&bound_path, NULL);
  const bool mine =
      path != NULL && lstat(path, &file) == 0 && file.st_dev == bound_file.st_dev && file.st_ino == bound_file.st_ino;
  if (mine) unlink(path);
}

_Noreturn void server_fail(const char* what) {
  server_warn(what);
  remove_path();
  exit(1);
}

// `where` is an address or a path.
static _Noreturn void fail_at(const char* call, const char* where) {
  char what[NI_MAXHOST + sizeof "listen "];
  snprintf(what, sizeof what, "%s %s", call, where);
  server_fail(what);
}

// The handlers make only calls that signal-safety(7) allows, and setitimer(2), which is a system call alone.

static void stop(int number) {
  (void)number;
  const int error = errno;
  atomic_store(&stopping, true);
  ssize_t written;
  do written = write(stop_pipe[1], "", 1);
  while (written < 0 && errno == EINTR);
  if (written < 0) {
    // The server cannot be told: a signal ends it, as if nothing handled it.
    static const char message[] = ": it ends at once: write to its pipe failed\n";
    (void)!write(STDERR_FILENO, program, strlen(program));
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    raise(SIGTERM);  // not handled any more: ask_to_stop
  }
  errno = error;
}

// Keeps new clients out. Returns false if the kernel cannot.
static bool refuse_clients(void) {
  if (listening < 0) return false;
  if (bound_path == NULL) return socket_refuse_handshakes(listening);
  remove_path();
  return true;
}

static void ask_to_stop(int number) {
  const int error = errno;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  const struct itimerval later = {.it_value = {.tv_usec = SERVER_SETTLE * 1000L}};
  // Another thread may be handling the first signal at this moment: then this is the second, which ends the process.
  if (atomic_exchange(&asked, true)) {
    raise(number);
  } else if (!refuse_clients() || setitimer(ITIMER_REAL, &later, NULL) < 0) {
    stop(number);
  }
  errno = error;
}

static void take_signals(void) {
  if (pipe(stop_pipe) < 0) server_fail("pipe");
  for (int i = 0; i < 2; i++) {
    if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) < 0) server_fail("fcntl");
  }
  struct sigaction action = {.sa_handler = ask_to_stop};
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  if (sigaction(SIGINT, &action, NULL) < 0) server_fail("sigaction");
  if (sigaction(SIGTERM, &action, NULL) < 0) server_fail("sigaction");
  struct sigaction timer = {.sa_handler = stop, .sa_flags = SA_RESTART};
  sigemptyset(&timer.sa_mask);
  if (sigaction(SIGALRM, &timer, NULL) < 0) server_fail("sigaction");
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  if (sigprocmask(SIG_UNBLOCK, &alarm, NULL) < 0) server_fail("sigprocmask");  // the parent may have blocked it
}

bool server_stopping(void) {
  return atomic_load(&stopping);
}

static int open_socket(int family) {
  const int fd = socket(family, SOCK_STREAM, 0);
  if (fd < 0) server_fail("socket");
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) server_fail("fcntl");
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) server_fail("fcntl");
  return fd;
}

static int listen_on_path(const char* path, int backlog) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail_at("bind", path);
  }
  strcpy(address.sun_path, path);
  const int listener = open_socket(AF_UNIX);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) < 0) fail_at("bind", path);
  if (lstat(path, &bound_file) == 0) bound_path = path;
  if (listen(listener, backlog) < 0) fail_at("listen", path);
  printf("listening on %s\n", path);
  return listener;
}

// Writes 127.0.0.1:9999 or [::1]:9999 to `name`, which holds NI_MAXHOST bytes.
static void name_address(const struct sockaddr* address, socklen_t length, char* name) {
  char host[NI_MAXHOST - sizeof "[]:65535"] = "", port[sizeof "65535"] = "";
  getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  snprintf(name, NI_MAXHOST, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static struct addrinfo* find_address(const char* host, int port) {
  char service[sizeof "65535"];
  snprintf(service, sizeof service, "%d", port & 0xffff);
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
  struct addrinfo* found;
  if (getaddrinfo(host, service, &hints, &found) != 0) {
    fprintf(stderr, "%s: --host: not a numeric address: '%s' (see %s --help)\n", program, host, program);
    exit(2);
  }
  return found;
}

static int listen_on_host(const char* host, int port, int backlog) {
  struct addrinfo* found = find_address(host, port);
  char name[NI_MAXHOST];
  name_address(found->ai_addr, found->ai_addrlen, name);
  const int listener = open_socket(found->ai_family);
  const int on = 1;
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) {
    server_fail("setsockopt SO_REUSEADDR");
  }
  // Clients' sockets inherit these from the listener: answers are sent at once, even in small segments, and an idle
  // client that is gone without a word is found out. tcp(7)
  if (setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) {
    server_fail("setsockopt TCP_NODELAY");
  }
  if (setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0) {
    server_fail("setsockopt SO_KEEPALIVE");
  }
  if (bind(listener, found->ai_addr, found->ai_addrlen) < 0) fail_at("bind", name);
  freeaddrinfo(found);
  if (listen(listener, backlog) < 0) fail_at("listen", name);
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(listener, (struct sockaddr*)&address, &length) < 0) server_fail("getsockname");
  name_address((struct sockaddr*)&address, length, name);
  printf("listening on %s\n", name);
  return listener;
}

server server_open(const server_options* options) {
  program = options->program;
  take_signals();
  const int listener = options->path != NULL ? listen_on_path(options->path, options->backlog)
                                             : listen_on_host(options->host, options->port, options->backlog);
  listening = listener;
  fflush(stdout);
  return (server){.listener = listener, .local = options->path != NULL, .stop = stop_pipe[0]};
}

void server_close(server* server) {
  remove_path();  // while the socket is open: no other file can get its inode before
  if (server->listener >= 0) close(server->listener);
  server->listener = -1;
}

// At most one line a second, even if a call fails more often.
static void warn_now_and_then(const char* what) {
  static _Atomic int64_t next;
  const int error = errno;
  const int64_t now = server_now();
  int64_t due = atomic_load(&next);
  if (now >= due && atomic_compare_exchange_strong(&next, &due, now + 1000)) {
    errno = error;
    server_warn(what);
  }
}

void server_pause(const char* what) {
  warn_now_and_then(what);
  const struct timespec time = {.tv_nsec = SERVER_PAUSE * 1000000L};
  nanosleep(&time, NULL);
}

void server_wait_failed(const char* call) {
  if (errno == EINTR) return;
  if (errno != ENOMEM && errno != ENOBUFS && errno != EAGAIN) server_fail(call);
  server_pause(call);
}

// A client that left the queue or whose connection failed in it: the next accept can succeed. accept(2);
// src/sockets/accepting.ts has the same list.
static bool passes_by(int error) {
  switch (error) {
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
#ifdef ENONET  // Linux
    case ENONET:
#endif
    case ENOPROTOOPT:
    case EPROTO:
      return true;
    default:
      return false;
  }
}

int server_accept(const server* server, bool nonblocking) {
  for (;;) {
    const int client = socket_accept(server->listener, nonblocking);
    if (client >= 0 || errno == EAGAIN) return client;
    if (errno == EINTR || passes_by(errno)) continue;
    const int error = errno;
    warn_now_and_then("accept");
    errno = error;
    return -1;
  }
}

int server_backlog(server* server, int** clients) {
  int count = 0, capacity = 0;
  *clients = NULL;
  if (server->listener < 0) return 0;
  for (int client; (client = server_accept(server, false)) >= 0;) {
    if (count == capacity) {
      int* more = realloc(*clients, (size_t)(capacity = 2 * capacity + 64) * sizeof *more);
      if (more == NULL) server_fail("realloc");
      *clients = more;
    }
    (*clients)[count++] = client;
  }
  if (errno == EAGAIN || count == 0) server_close(server);
  return count;
}

int server_next(const server* server) {
  while (!server_stopping()) {
    // poll(2) watches the stop too: accept(2) alone would not notice a signal that arrives just before it.
    if (!server_wait(server, server->listener, POLLIN, -1)) continue;
    const int client = server_accept(server, false);
    if (client >= 0) return client;
    if (errno != EAGAIN) server_wait(server, -1, 0, SERVER_PAUSE);
  }
  return -1;
}

bool server_wait(const server* server, int fd, short events, int timeout) {
  struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = server->stop, .events = POLLIN}};
  const int ready = poll(fds, 2, timeout);
  if (ready < 0) server_wait_failed("poll");
  return ready > 0 && fds[0].revents != 0;
}

enum { PAGE = 4096, ROOM_OFFSET = 128 };

void* server_room(size_t size) {
  void* memory;
  errno = posix_memalign(&memory, PAGE, ROOM_OFFSET + size);
  return errno == 0 ? (char*)memory + ROOM_OFFSET : NULL;
}

void server_room_free(void* room) {
  if (room != NULL) free((char*)room - ROOM_OFFSET);
}

int64_t server_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
