#include "histogram.h"

// Below 64 each value has a step of its own; above, the six bits behind the highest choose it.
static int step_of(int64_t value) {
  if (value < HISTOGRAM_STEPS) return (int)value;
  const int shift = 63 - __builtin_clzll((uint64_t)value) - 6;
  return HISTOGRAM_STEPS * shift + (int)(value >> shift);
}

static int64_t value_of(int step) {
  if (step < HISTOGRAM_STEPS) return step;
  const int shift = step / HISTOGRAM_STEPS - 1;
  return (int64_t)(step - HISTOGRAM_STEPS * shift + 1) * ((int64_t)1 << shift) - 1;
}

void histogram_add(histogram* histogram, int64_t nanoseconds) {
  const int64_t value = nanoseconds < 0 ? 0 : nanoseconds;
  histogram->counts[step_of(value)]++;
  histogram->total++;
  if (value > histogram->largest) histogram->largest = value;
}

int64_t histogram_at(const histogram* histogram, double part) {
  const double wanted = part * (double)histogram->total;
  uint64_t seen = 0;
  for (int step = 0; step < HISTOGRAM_SIZE; step++) {
    seen += histogram->counts[step];
    if (seen > 0 && (double)seen >= wanted) {
      const int64_t value = value_of(step);
      return value < histogram->largest ? value : histogram->largest;
    }
  }
  return histogram->largest;
}
