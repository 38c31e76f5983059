// A bad network: two namespaces that this process makes, joined by two TUN devices (tun(4)). What one sends arrives at
// the other, and some of it is lost, late, out of order, doubled or damaged.
//
//   tunnel loss=3 delay=25 seed=7     the names are in `settings`
//
// Prints `ready A B`: /proc/PID/fd/A and /proc/PID/fd/B are the namespaces, with the addresses 10.9.0.1 and 10.9.0.2.
// SIGTERM ends it: it prints its counts as JSON, and leaves nothing behind, since the namespaces have no names.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 65535, MOST = 16384, TURNS = 64 };  // the largest packet; those under way; those read at a time
static const int64_t millisecond = 1000000, second = 1000000000;

enum { LOSS, DUPLICATE, FLIP, DELAY, JITTER, MTU, RATE, QUEUE, SEED, SETTINGS };

static struct {
  const char* const name;
  const double largest;
  double value;
} settings[SETTINGS] = {
    [LOSS] = {"loss", 100, 0},            // percent of the packets
    [DUPLICATE] = {"duplicate", 100, 0},  // percent
    [FLIP] = {"flip", 100, 0},            // percent: one bit of the packet
    [DELAY] = {"delay", 60000, 0},        // milliseconds
    [JITTER] = {"jitter", 60000, 0},      // milliseconds more or less: packets overtake each other
    [MTU] = {"mtu", PACKET, 1500},        // bytes
    [RATE] = {"rate", 1e9, 0},            // kbit/s; 0: no limit
    [QUEUE] = {"queue", 60000,
               200},  // milliseconds that a packet may wait for the line; it is lost if it would be more
    [SEED] = {"seed", UINT32_MAX, 1},
};

static struct {
  uint64_t packets, lost, overflowed, duplicated, flipped, delivered, reordered, refused;
} counts;

// One direction of the line.
typedef struct {
  int from, to;
  uint64_t seed, random;  // the generator: where it begins, and its state
  uint64_t read;          // the packets that it has read
  uint64_t sent, latest;  // the numbers of the last packet that was sent, and of the latest that has arrived
  int64_t idle;           // when the line has sent all that came before
} line;

typedef struct {
  int64_t due;
  uint64_t number;
  line* line;
  size_t length;
  unsigned char bytes[];
} packet;

// The packets under way, as a heap: the next one to deliver is first.
static packet* under_way[MOST];
static size_t under_way_count;

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static int check(int result, const char* what) {
  if (result >= 0) return result;
  perror(what);
  exit(1);
}

static void set(const char* argument) {
  for (int i = 0; i < SETTINGS; i++) {
    const size_t length = strlen(settings[i].name);
    if (strncmp(argument, settings[i].name, length) != 0 || argument[length] != '=') continue;
    char* rest;
    const double value = strtod(argument + length + 1, &rest);
    if (rest == argument + length + 1 || *rest != '\0' || !(value >= 0 && value <= settings[i].largest)) break;
    settings[i].value = value;
    return;
  }
  fprintf(stderr, "tunnel: no such setting: %s\n", argument);
  exit(2);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * second + time.tv_nsec;
}

// splitmix64, by Vigna
static uint64_t draw(line* line) {
  uint64_t z = (line->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static double fraction(line* line) {
  return (double)(draw(line) >> 11) / 9007199254740992.0;
}

static bool happens(line* line, int setting) {
  return fraction(line) * 100 < settings[setting].value;
}

static bool before(const packet* a, const packet* b) {
  return a->due < b->due || (a->due == b->due && a->number < b->number);
}

static void put(packet* added) {
  size_t i = under_way_count++;
  for (; i > 0 && before(added, under_way[(i - 1) / 2]); i = (i - 1) / 2) under_way[i] = under_way[(i - 1) / 2];
  under_way[i] = added;
}

static packet* take(void) {
  packet *const first = under_way[0], *const last = under_way[--under_way_count];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < under_way_count; i = child) {
    if (child + 1 < under_way_count && before(under_way[child + 1], under_way[child])) child++;
    if (!before(under_way[child], last)) break;
    under_way[i] = under_way[child];
  }
  under_way[i] = last;
  return first;
}

// `at`: when the line has sent it.
static void send_off(line* line, const unsigned char* bytes, size_t length, int64_t at, bool flip) {
  const double late = settings[DELAY].value + (2 * fraction(line) - 1) * settings[JITTER].value;
  const uint64_t bit = draw(line) % (length * 8);
  packet* const sent = under_way_count < MOST ? malloc(sizeof *sent + length) : NULL;
  if (sent == NULL) {
    counts.overflowed++;
    return;
  }
  sent->due = at + (int64_t)((late > 0 ? late : 0) * (double)millisecond);
  sent->number = ++line->sent;
  sent->line = line;
  sent->length = length;
  memcpy(sent->bytes, bytes, length);
  if (flip) {
    sent->bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    counts.flipped++;
  }
  put(sent);
}

// Waits for the line, if it has a rate. Returns when it has sent the packet; -1 if too many wait.
static int64_t pass(line* line, size_t length) {
  const int64_t time = now();
  if (settings[RATE].value == 0) return time;
  if (line->idle < time) line->idle = time;
  if ((double)(line->idle - time) > settings[QUEUE].value * (double)millisecond) return -1;
  line->idle += (int64_t)((double)length * 8 / settings[RATE].value * (double)millisecond);
  return line->idle;
}

static void arrive(line* line, const unsigned char* bytes, size_t length) {
  counts.packets++;
  // Each packet has a part of the generator's sequence to itself, so that its fate depends on the seed and its number
  // alone.
  line->random = line->seed + (line->read++ << 8) * UINT64_C(0x9e3779b97f4a7c15);
  const bool lost = happens(line, LOSS), flip = happens(line, FLIP), twice = happens(line, DUPLICATE);
  const int64_t at = pass(line, length);
  if (at < 0) {
    counts.overflowed++;
  } else if (lost) {
    counts.lost++;
  } else {
    send_off(line, bytes, length, at, flip);
    if (!twice) return;
    counts.duplicated++;
    send_off(line, bytes, length, at, false);
  }
}

static void deliver(packet* arrived) {
  line* const line = arrived->line;
  if (arrived->number < line->latest) {
    counts.reordered++;
  } else {
    line->latest = arrived->number;
  }
  // A device refuses what is no IP packet any more, since its version was flipped.
  if (write(line->to, arrived->bytes, arrived->length) < 0) {
    counts.refused++;
  } else {
    counts.delivered++;
  }
  free(arrived);
}

// Reads the packets that wait, up to a number: those that are due are delivered in between.
static void read_packets(line* line) {
  unsigned char bytes[PACKET];
  for (int turn = 0; turn < TURNS; turn++) {
    const ssize_t length = read(line->from, bytes, sizeof bytes);
    if (length <= 0) return;
    arrive(line, bytes, (size_t)length);
  }
}

// This process moves into a new namespace, with a TUN device. network_namespaces(7)
static void open_side(int number, int* space, int* device) {
  check(unshare(CLONE_NEWNET), "unshare");
  *space = check(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "/proc/self/ns/net");
  *device = check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  struct ifreq request = {.ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  check(ioctl(*device, TUNSETIFF, &request), "TUNSETIFF");
  static const char commands[] =
      "ip link set lo up && ip address add 10.9.0.%d/24 dev tun0 && ip link set tun0 up mtu %d txqueuelen 4000";
  char text[sizeof commands + 32];
  snprintf(text, sizeof text, commands, number, (int)settings[MTU].value);
  if (system(text) == 0) return;
  fprintf(stderr, "tunnel: failed: %s\n", text);
  exit(1);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) set(argv[i]);
  check(prctl(PR_SET_PDEATHSIG, SIGTERM), "prctl");
  line lines[2] = {0};
  int spaces[2];
  for (int i = 0; i < 2; i++) open_side(i + 1, &spaces[i], &lines[i].from);
  for (int i = 0; i < 2; i++) {
    lines[i].to = lines[1 - i].from;
    lines[i].random = (uint64_t)settings[SEED].value * 2 + (uint64_t)i;
    lines[i].seed = draw(&lines[i]);
  }

  // The signals come during the wait alone.
  const struct sigaction action = {.sa_handler = end};
  check(sigaction(SIGTERM, &action, NULL), "sigaction");
  check(sigaction(SIGINT, &action, NULL), "sigaction");
  sigset_t signals, before_them;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  check(sigprocmask(SIG_BLOCK, &signals, &before_them), "sigprocmask");

  printf("ready %d %d\n", spaces[0], spaces[1]);
  fflush(stdout);
  while (!ended) {
    struct pollfd watched[2] = {{lines[0].from, POLLIN, 0}, {lines[1].from, POLLIN, 0}};
    int64_t left = under_way_count > 0 ? under_way[0]->due - now() : second;
    if (left < 0) left = 0;
    const struct timespec limit = {left / second, left % second};
    if (ppoll(watched, 2, &limit, &before_them) < 0 && errno != EINTR) check(-1, "ppoll");
    for (int i = 0; i < 2; i++) read_packets(&lines[i]);
    for (const int64_t time = now(); under_way_count > 0 && under_way[0]->due <= time;) deliver(take());
  }
  while (under_way_count > 0) free(take());
  printf("{\"packets\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"overflowed\":%" PRIu64 ",\"duplicated\":%" PRIu64
         ",\"flipped\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n",
         counts.packets, counts.lost, counts.overflowed, counts.duplicated, counts.flipped, counts.delivered,
         counts.reordered, counts.refused);
  return 0;
}
