// The CPU time of the server, as the kernel accounts for it.
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

// Reads a small file of /proc; an empty string if the file is gone.
static const char* read_file(const char* path) {
  static char text[1024];
  FILE* const file = fopen(path, "r");
  const size_t length = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
  text[length] = '\0';
  if (file != NULL) fclose(file);
  return text;
}

// The time of all threads, in nanoseconds. kernel.org, Documentation/scheduler/sched-stats.rst
static double total_of(int pid) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* const tasks = opendir(path);
  if (tasks == NULL) load_fail(path);
  double total = 0;
  for (const struct dirent* task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    if (task->d_name[0] == '.') continue;
    unsigned long long nanoseconds = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pid, task->d_name);
    sscanf(read_file(path), "%llu", &nanoseconds);
    total += (double)nanoseconds / 1e9;
  }
  closedir(tasks);
  return total;
}

load_cpu load_cpu_of(int pid) {
  if (pid == 0) return (load_cpu){0};
  // Fields 14 and 15, in ticks. proc_pid_stat(5)
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  unsigned long user = 0, kernel = 0;
  const char* const rest = strrchr(read_file(path), ')');
  if (rest != NULL) sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  const double ticks = (double)sysconf(_SC_CLK_TCK);
  return (load_cpu){.total = total_of(pid), .user = (double)user / ticks, .kernel = (double)kernel / ticks};
}
