// Latencies, in nanoseconds, to within one part in 64.
#ifndef BSD_SOCKETS_LOAD_HISTOGRAM_H
#define BSD_SOCKETS_LOAD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_SIZE = HISTOGRAM_STEPS * 59 };

typedef struct {
  uint64_t counts[HISTOGRAM_SIZE];  // 64 steps between a power of two and the next
  uint64_t total;
  int64_t largest;
} histogram;

void histogram_add(histogram* histogram, int64_t nanoseconds);

// The latency that `part` (0 to 1) of all do not exceed; 0 where there are none.
int64_t histogram_at(const histogram* histogram, double part);

#endif
