#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static _Noreturn void print_help(const server_options* options) {
  printf("%s: %s\n\nUsage: %s [OPTION]...\n\n", options->program, options->purpose, options->program);
  for (const server_choice* choice = options->choices; choice->name != NULL; choice++) {
    printf("  %s ", choice->name);
    for (int i = 0; choice->words[i] != NULL; i++) printf(i > 0 ? "|%s" : "%s", choice->words[i]);
    printf("\n      %s (default %s)\n", choice->meaning, choice->words[choice->chosen]);
  }
  for (const server_number* number = options->numbers; number != NULL && number->name != NULL; number++) {
    printf("  %s N\n      %s (default %d)\n", number->name, number->meaning, number->value);
  }
  printf("  --host ADDRESS\n      numeric, IPv4 or IPv6 (default %s)\n", options->host);
  printf("  --port N\n      0 lets the kernel choose one (default %d)\n", options->port);
  printf("  --path FILE\n      listen on a Unix socket instead, removed at the end\n");
  printf("  --backlog N\n      how many clients may wait to be accepted (default %d)\n", options->backlog);
  printf("  --help\n");
  exit(0);
}

static _Noreturn void refuse(const server_options* options, const char* name, const char* format, ...) {
  fprintf(stderr, "%s: %s: ", options->program, name);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, " (see %s --help)\n", options->program);
  exit(2);
}

static int parse_number(const server_options* options, const char* name, const char* text, int smallest, int largest) {
  char* end;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < smallest || number > largest) {
    refuse(options, name, "not a number from %d to %d: '%s'", smallest, largest, text);
  }
  return (int)number;
}

// Returns whether `name` is one of the program's own options.
static bool parse_choice(const server_options* options, const char* name, const char* text) {
  for (server_choice* choice = options->choices; choice->name != NULL; choice++) {
    if (strcmp(name, choice->name) != 0) continue;
    for (int i = 0; choice->words[i] != NULL; i++) {
      if (strcmp(text, choice->words[i]) == 0) {
        choice->chosen = i;
        return true;
      }
    }
    refuse(options, name, "no such word: '%s'", text);
  }
  return false;
}

// Likewise.
static bool parse_own_number(const server_options* options, const char* name, const char* text) {
  for (server_number* number = options->numbers; number != NULL && number->name != NULL; number++) {
    if (strcmp(name, number->name) != 0) continue;
    number->value = parse_number(options, name, text, number->smallest, number->largest);
    return true;
  }
  return false;
}

// Returns whether there is such an option. A missing value is the empty string, which no option accepts.
static bool parse_option(server_options* options, const char* name, const char* text) {
  if (strcmp(name, "--host") == 0) {
    options->host = text;
  } else if (strcmp(name, "--port") == 0) {
    options->port = parse_number(options, name, text, 0, 65535);
  } else if (strcmp(name, "--backlog") == 0) {
    options->backlog = parse_number(options, name, text, 0, INT_MAX);
  } else if (strcmp(name, "--path") == 0) {
    if (*text == '\0') refuse(options, name, "not a path: ''");
    options->path = text;
  } else {
    return parse_choice(options, name, text) || parse_own_number(options, name, text);
  }
  return true;
}

void server_parse(server_options* options, int argc, char** argv) {
  const char* inet_option = NULL;
  for (int i = 1; i < argc; i++) {
    char* name = argv[i];
    if (strcmp(name, "--help") == 0) print_help(options);
    char* text = strchr(name, '=');
    if (text != NULL) *text++ = '\0';
    if (text == NULL) text = i + 1 < argc ? argv[++i] : "";
    if (!parse_option(options, name, text)) refuse(options, name, "no such option");
    if (strcmp(name, "--host") == 0 || strcmp(name, "--port") == 0) inet_option = name;
  }
  if (options->path != NULL && inet_option != NULL) {
    refuse(options, inet_option, "not together with --path");
  }
}
