// load: sends requests to a server as fast as it answers, or at a given rate, checks every byte that it receives, and
// prints the figures as one line of JSON.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int64_t PATIENCE = 10000000000;  // nanoseconds

// A prime, so that messages begin at different bytes.
enum { PERIOD = 65521 };

load_options options = {.connections = 1, .size = 64, .depth = 1, .warmup = 200, .duration = 1000};
load_figures figures;

static char pattern[PERIOD + LOAD_CHUNK];
static int64_t begun, counting, ended;
static load_cpu before, after;

_Noreturn void load_fail(const char* what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

int64_t load_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char* load_bytes(int index, uint64_t position) {
  return pattern + (position + (uint64_t)index * 7919) % PERIOD;
}

static void fill_pattern(void) {
  uint32_t state = 1;
  for (int i = 0; i < PERIOD; i++) {
    state = state * 1664525 + 1013904223;
    pattern[i] = (char)(state >> 24);
  }
  for (int i = PERIOD; i < PERIOD + LOAD_CHUNK; i++) pattern[i] = pattern[i - PERIOD];
}

int load_connect(int index) {
  const int fd = socket(options.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) load_fail("socket");
  if (options.address.ss_family == AF_INET) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // An address has some 28,000 ports, and a used port is not available for a while: 64 addresses have enough.
    if (ntohl(((const struct sockaddr_in*)&options.address)->sin_addr.s_addr) >> 24 == 127) {
      const struct sockaddr_in from = {.sin_family = AF_INET,
                                       .sin_addr = {htonl(INADDR_LOOPBACK + (uint32_t)index % 64)}};
      setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      if (bind(fd, (const struct sockaddr*)&from, sizeof from) < 0) load_fail("bind");
    }
  }
  while (connect(fd, (const struct sockaddr*)&options.address, options.address_length) < 0) {
    if (errno == EINPROGRESS) break;
    if (errno != EAGAIN && errno != EINTR) load_fail("connect");  // EAGAIN: a Unix socket's backlog is full
    usleep(1000);
  }
  return fd;
}

bool load_continues(int64_t now) {
  if (begun == 0) begun = now;
  if (counting == 0) {
    if (now - begun < (int64_t)options.warmup * 1000000) return true;
    const uint64_t errors = figures.errors;
    memset(&figures, 0, sizeof figures);
    figures.errors = errors;
    before = load_cpu_of(options.pid);
    counting = now;
  }
  // On a busy machine, a short time can pass without an answer.
  const int64_t duration = (int64_t)options.duration * 1000000;
  if (now - counting < duration || (figures.messages == 0 && now - counting < duration + PATIENCE)) return true;
  after = load_cpu_of(options.pid);
  ended = now;
  return false;
}

static void print_figures(const char* mode) {
  const double seconds = (double)(ended - counting) / 1e9;
  const histogram* const latencies = &figures.latencies;
  printf("{\"mode\":\"%s\",\"connections\":%d,\"size\":%d,\"depth\":%d,\"rate\":%d,\"seconds\":%.3f,", mode,
         options.connections, options.size, options.depth, options.rate, seconds);
  printf("\"messages\":%llu,\"bytes\":%llu,\"errors\":%llu,\"lost\":%llu,\"perSecond\":%.1f,",
         (unsigned long long)figures.messages, (unsigned long long)figures.bytes, (unsigned long long)figures.errors,
         (unsigned long long)figures.lost, (double)figures.messages / seconds);
  printf("\"latencyUs\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,\"max\":%.1f},",
         (double)histogram_at(latencies, 0.5) / 1e3, (double)histogram_at(latencies, 0.9) / 1e3,
         (double)histogram_at(latencies, 0.99) / 1e3, (double)histogram_at(latencies, 0.999) / 1e3,
         (double)latencies->largest / 1e3);
  printf("\"cpuSeconds\":%.6f,\"userSeconds\":%.2f,\"kernelSeconds\":%.2f}\n", after.total - before.total,
         after.user - before.user, after.kernel - before.kernel);
}

static const struct {
  const char* name;
  const char* meaning;
  void (*run)(void);
  bool serves;  // needs no address
} modes[] = {{"echo", "sends messages over connections that stay", load_echo, false},
             {"connect", "connects, sends one message, receives it, closes, and again", load_sequence, false},
             {"once", "connects at once, sends one message over each connection, and ends when all are answered",
              load_once, false},
             {"idle", "opens connections, sends one message over each, prints a line and holds them", load_idle, false},
             {"udp", "sends datagrams, --depth of them under way", load_udp, false},
             {"dgram-send", "sends Unix datagrams, as fast as they are received", load_dgram_send, false},
             {"dgram-receive", "receives Unix datagrams, which it has asked the server for", load_dgram_receive, false},
             {"serve", "is an echo server itself, a mark for others", load_echo_server, true},
             {"answer", "is a server of datagrams itself, the mark for others", load_answer, true},
             {"answer-each", "the same by a call each way for each datagram", load_answer_each, true}};

static struct {
  const char* name;
  const char* meaning;
  int* value;
  int smallest, largest;
} numbers[] = {{"--connections", "at a time", &options.connections, 1, 1000000},
               {"--size", "bytes of a message", &options.size, 1, 16 * 1024 * 1024},
               {"--depth", "messages under way on a connection", &options.depth, 1, 65536},
               {"--rate", "messages a second in all; 0: as many as are answered", &options.rate, 0, 10000000},
               {"--warmup", "milliseconds before anything is counted", &options.warmup, 0, 600000},
               {"--duration", "milliseconds that are counted", &options.duration, 1, 600000},
               {"--pid", "the server's, to tell of its CPU time", &options.pid, 1, 1 << 30},
               {"--offset", "bytes from a page's beginning to the buffer of serve", &options.offset, 0, 4095}};

enum { MODES = sizeof modes / sizeof *modes, NUMBERS = sizeof numbers / sizeof *numbers };

static _Noreturn void usage(int status) {
  FILE* const out = status == 0 ? stdout : stderr;
  fprintf(out, "Usage: load MODE --port N|--path FILE [OPTION N]...\n\n");
  for (int i = 0; i < MODES; i++) fprintf(out, "  %-14s%s\n", modes[i].name, modes[i].meaning);
  fprintf(out, "\n  %-14s%s\n", "--pin", "the core to run on");
  for (int i = 0; i < NUMBERS; i++) {
    fprintf(out, "  %-14s%s (%d)\n", numbers[i].name, numbers[i].meaning, *numbers[i].value);
  }
  exit(status);
}

static int parse_number(const char* name, const char* text, int smallest, int largest) {
  char* end;
  const long number = strtol(text, &end, 10);
  if (*text != '\0' && *end == '\0' && number >= smallest && number <= largest) return (int)number;
  fprintf(stderr, "load: %s: not a number from %d to %d: '%s'\n", name, smallest, largest, text);
  exit(2);
}

static void pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) < 0) load_fail("sched_setaffinity");
}

static void set_port(int port) {
  struct sockaddr_in* const address = (struct sockaddr_in*)&options.address;
  *address = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)port)};
  options.address_length = sizeof *address;
}

static void set_path(const char* path) {
  struct sockaddr_un* const address = (struct sockaddr_un*)&options.address;
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    load_fail(path);
  }
  strcpy(address->sun_path, path);
  options.address_length = sizeof *address;
}

static void parse_option(const char* name, const char* text) {
  if (strcmp(name, "--port") == 0) return set_port(parse_number(name, text, 1, 65535));
  if (strcmp(name, "--path") == 0) return set_path(text);
  if (strcmp(name, "--pin") == 0) return pin(parse_number(name, text, 0, CPU_SETSIZE - 1));
  for (int i = 0; i < NUMBERS; i++) {
    if (strcmp(name, numbers[i].name) != 0) continue;
    *numbers[i].value = parse_number(name, text, numbers[i].smallest, numbers[i].largest);
    return;
  }
  usage(2);
}

static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char** argv) {
  if (argc < 2 || strcmp(argv[1], "--help") == 0) usage(argc < 2 ? 2 : 0);
  for (int i = 2; i < argc; i += 2) parse_option(argv[i], i + 1 < argc ? argv[i + 1] : "");
  for (int i = 0; i < MODES; i++) {
    if (strcmp(argv[1], modes[i].name) != 0) continue;
    if (options.address_length == 0 && !modes[i].serves) usage(2);
    raise_limit();
    fill_pattern();
    modes[i].run();
    print_figures(modes[i].name);
    return figures.errors > 0 ? 1 : 0;
  }
  usage(2);
}
