#include "http_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "socket.h"

enum {
  ROOM = 16 * 1024,  // to receive more of an incomplete request
  ROUNDS = 4         // of receiving and sending, before the next client has its turn
};

// Received bytes that are not answered: an incomplete request, or one behind answers that are not sent.
typedef struct {
  http_reading reading;
  http_buffer input;
} http_pending;

struct http_connection {
  int fd;
  int phase;
  int64_t deadline;
  http_pending* pending;  // NULL when there is nothing
  bool full;              // whether `pending` may hold a whole request
  bool drain;             // whether to receive until nothing is left
  bool ending;            // whether the last answer was given
  http_buffer unsent;
  size_t sent;  // of `unsent`
};

static void set_phase(const http_service* service, http_connection* c, int phase) {
  c->phase = phase;
  c->deadline = service->now + service->settings->timeouts[phase];
}

http_connection* http_connection_open(const http_service* service, int fd) {
  http_connection* c = calloc(1, sizeof *c);
  if (c == NULL) return NULL;
  c->fd = fd;
  set_phase(service, c, HTTP_FIRST);
  return c;
}

static void drop_pending(http_connection* c) {
  if (c->pending != NULL) http_buffer_clear(&c->pending->input);
  free(c->pending);
  c->pending = NULL;
}

void http_connection_close(http_connection* c) {
  drop_pending(c);
  http_buffer_clear(&c->unsent);
  close(c->fd);
  free(c);
}

bool http_connection_sends(const http_connection* c) {
  return c->unsent.length > 0;
}

static ssize_t receive_bytes(int fd, uint8_t* bytes, size_t size) {
  ssize_t count;
  do count = recv(fd, bytes, size, 0);
  while (count < 0 && errno == EINTR);
  return count;
}

static ssize_t send_bytes(int fd, const uint8_t* bytes, size_t size) {
  ssize_t count;
  do count = send(fd, bytes, size, socket_send_flags);
  while (count < 0 && errno == EINTR);
  return count;
}

static http_outcome failed(void) {
  return errno == EAGAIN || errno == EWOULDBLOCK ? HTTP_WAITING : HTTP_CLOSED;
}

// Stops sending, and waits until the client does too: closing with unread bytes resets the connection, and the reset
// may overtake the answer (RFC 9112, 9.6).
static http_outcome linger(const http_service* service, http_connection* c) {
  drop_pending(c);
  c->ending = true;
  set_phase(service, c, HTTP_LINGER);
  return shutdown(c->fd, SHUT_WR) < 0 ? HTTP_CLOSED : HTTP_AGAIN;
}

static http_outcome discard(const http_service* service, http_connection* c) {
  const ssize_t count = receive_bytes(c->fd, service->slab, service->slab_size);
  if (count < 0) return failed();
  return count == 0 ? HTTP_CLOSED : HTTP_AGAIN;
}

// Sets the phase that the connection waits in. A request that goes on keeps its time of beginning.
static void set_next_phase(const http_service* service, http_connection* c, bool begun) {
  int phase = HTTP_IDLE;
  if (c->pending != NULL) phase = c->pending->reading.head > 0 ? HTTP_BODY : HTTP_HEAD;
  if (c->unsent.length > 0) phase = HTTP_WRITE;
  if (begun || phase != c->phase) set_phase(service, c, phase);
}

static http_outcome send_unsent(const http_service* service, http_connection* c) {
  const uint8_t* const from = c->unsent.bytes + c->sent;
  const ssize_t count = send_bytes(c->fd, from, c->unsent.length - c->sent);
  if (count < 0) return failed();
  c->sent += (size_t)count;
  if (c->sent < c->unsent.length) return HTTP_AGAIN;
  c->sent = 0;
  http_buffer_clear(&c->unsent);
  if (c->ending) return linger(service, c);
  set_next_phase(service, c, true);
  return HTTP_AGAIN;
}

// Sends the collected answers together, and keeps the bytes that the kernel does not take.
static http_outcome send_answers(http_service* service, http_connection* c) {
  http_buffer* const answers = &service->answers;
  if (answers->length == 0) return HTTP_AGAIN;
  const ssize_t count = send_bytes(c->fd, answers->bytes, answers->length);
  const http_outcome outcome = count < 0 ? failed() : HTTP_AGAIN;
  const size_t taken = count < 0 ? 0 : (size_t)count;
  http_buffer_append(&c->unsent, answers->bytes + taken, answers->length - taken);
  answers->length = 0;
  return outcome;
}

static http_outcome receive(http_service* service, http_connection* c, http_input* input) {
  http_buffer slab = {.bytes = service->slab, .capacity = service->slab_size};
  http_buffer* const buffer = c->pending != NULL ? &c->pending->input : &slab;
  if (c->pending != NULL) http_buffer_reserve(buffer, ROOM);
  uint8_t* const at = buffer->bytes + buffer->length;
  const size_t room = buffer->capacity - buffer->length;
  const ssize_t count = receive_bytes(c->fd, at, room);
  if (count < 0) {
    c->drain = false;
    return failed();
  }
  if ((size_t)count == room) c->drain = true;
  if (count == 0) return HTTP_CLOSED;
  http_service_update(service);
  buffer->length += (size_t)count;
  *input = (http_input){buffer->bytes, buffer->length};
  return HTTP_AGAIN;
}

// Keeps the rest of the input, which is in the slab or in `pending`, and the state of its reading.
static void keep(http_service* service, http_connection* c, http_input input) {
  if (c->ending || input.length == 0) {
    drop_pending(c);
  } else if (c->pending != NULL) {
    http_buffer* const buffer = &c->pending->input;
    memmove(buffer->bytes, input.bytes, input.length);
    buffer->length = input.length;
  } else {
    c->pending = calloc(1, sizeof *c->pending);
    if (c->pending == NULL) server_fail("calloc");
    c->pending->reading = service->reading;
    http_buffer_append(&c->pending->input, input.bytes, input.length);
  }
  http_reading_reset(&service->reading);
}

static http_outcome answer(http_service* service, http_connection* c, http_input input) {
  http_reading* const reading = c->pending != NULL ? &c->pending->reading : &service->reading;
  const uint8_t* const start = input.bytes;
  http_outcome outcome;
  do {
    c->ending = http_serve(service, reading, &input);
    c->full = !c->ending && http_is_full(service, &input);
    outcome = send_answers(service, c);
  } while (c->full && c->unsent.length == 0 && outcome == HTTP_AGAIN);
  const bool begun = input.bytes != start;
  keep(service, c, input);
  if (outcome == HTTP_AGAIN && c->ending && c->unsent.length == 0) return linger(service, c);
  set_next_phase(service, c, begun);
  // New bytes are reported once, perhaps while nothing is received.
  if (c->unsent.length > 0) c->drain = true;
  return outcome == HTTP_AGAIN && !c->drain ? HTTP_WAITING : outcome;
}

static http_outcome run_once(http_service* service, http_connection* c) {
  if (c->phase == HTTP_LINGER) return discard(service, c);
  if (c->unsent.length > 0) return send_unsent(service, c);
  http_input input;
  if (c->full) {
    input = (http_input){c->pending->input.bytes, c->pending->input.length};
  } else {
    const http_outcome outcome = receive(service, c, &input);
    if (outcome != HTTP_AGAIN) return outcome;
  }
  return answer(service, c, input);
}

http_outcome http_connection_run(http_service* service, http_connection* c, bool drain) {
  http_outcome outcome = HTTP_AGAIN;
  if (drain) c->drain = true;
  for (int round = 0; round < ROUNDS && outcome == HTTP_AGAIN; round++) {
    outcome = run_once(service, c);
  }
  return outcome;
}

// Answers an incomplete request with the reason why it is refused.
static http_outcome time_out(http_service* service, http_connection* c) {
  http_refuse(service, &c->pending->reading, c->pending->input.bytes, 408);
  c->ending = true;
  drop_pending(c);
  const http_outcome outcome = send_answers(service, c);
  if (outcome == HTTP_AGAIN && c->unsent.length == 0) return linger(service, c);
  set_next_phase(service, c, true);
  return outcome;
}

http_outcome http_connection_check(http_service* service, http_connection* c, bool others_wait) {
  const bool stopping = server_stopping();
  if (c->phase == HTTP_IDLE && (stopping || others_wait)) return linger(service, c);
  if (c->phase == HTTP_FIRST && stopping) return linger(service, c);
  if (service->now < c->deadline) return HTTP_WAITING;
  if (c->phase == HTTP_HEAD || c->phase == HTTP_BODY) return time_out(service, c);
  if (c->phase == HTTP_WRITE) {
    // Reset: otherwise the kernel would retry for minutes to send what the client does not take.
    const struct linger none = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  return HTTP_CLOSED;
}
