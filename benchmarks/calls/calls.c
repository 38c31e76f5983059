// calls: prints the cost of one system call from C, in nanoseconds, as one line of JSON. The same calls from other
// languages are compared with it. With `thread` before the milliseconds a second thread sleeps meanwhile, as several do
// in each process of Node: with more than one thread, descriptors cost the kernel more, and cancellable calls cost the
// C library more.
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 100 };

static int pair[2];
static char small[64], large[16384];

static void check(long result, long expected, const char* what) {
  if (result == expected) return;
  fprintf(stderr, "calls: %s: %ld, not %ld\n", what, result, expected);
  exit(1);
}

static void call_getppid(void) {
  getppid();
}

// A volatile pointer, so that the compiler does not inline the call.
static uint16_t (*volatile swap)(uint16_t) = htons;

static void call_htons(void) {
  check(swap(1), ntohs(1), "htons");
}

static void call_getsockopt(void) {
  int value = 0;
  socklen_t length = sizeof value;
  check(getsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &value, &length), 0, "getsockopt");
}

static void exchange(char* bytes, size_t size) {
  check(send(pair[0], bytes, size, 0), (long)size, "send");
  check(recv(pair[1], bytes, size, 0), (long)size, "recv");
}

static void call_pair64(void) {
  exchange(small, sizeof small);
}

static void call_pair16k(void) {
  exchange(large, sizeof large);
}

static void call_eagain(void) {
  check(recv(pair[0], small, sizeof small, MSG_DONTWAIT), -1, "recv");
  check(errno, EAGAIN, "errno");
}

static const struct {
  const char* name;
  void (*call)(void);
} calls[] = {
    {"getppid", call_getppid},          {"no system call (htons)", call_htons}, {"getsockopt", call_getsockopt},
    {"send + recv, 64 B", call_pair64}, {"send + recv, 16 KiB", call_pair16k},  {"recv, EAGAIN", call_eagain}};

enum { CALLS = sizeof calls / sizeof *calls };

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Returns the best of the batches within this time.
static double measure(void (*call)(void), int64_t nanoseconds) {
  double best = 1e9;
  const int64_t begun = now();
  for (int64_t before = begun; before - begun < nanoseconds;) {
    for (int i = 0; i < BATCH; i++) call();
    const int64_t after = now();
    const double cost = (double)(after - before) / BATCH;
    if (cost < best) best = cost;
    before = after;
  }
  return best;
}

static void* sleeping(void* argument) {
  pause();
  return argument;
}

int main(int argc, char** argv) {
  const int64_t milliseconds = argc > 1 ? atoi(argv[argc - 1]) : 200;
  pthread_t thread;
  if (argc > 2 && pthread_create(&thread, NULL, sleeping, NULL) != 0) {
    fputs("calls: no thread\n", stderr);
    return 1;
  }
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
    perror("calls: socketpair");
    return 1;
  }
  memset(small, 1, sizeof small);
  memset(large, 1, sizeof large);
  for (int i = 0; i < CALLS; i++) {
    printf("%s\"%s\":%.1f", i == 0 ? "{" : ",", calls[i].name, measure(calls[i].call, milliseconds * 1000000));
  }
  printf("}\n");
  return 0;
}
