// The applications: how valid requests are answered.
#ifndef BSD_SOCKETS_SERVERS_HTTP_APP_H
#define BSD_SOCKETS_SERVERS_HTTP_APP_H

#include "http_parser.h"
#include "http_response.h"

// The request's offsets point into `bytes`. The answer may point into `bytes` and `content`.
typedef http_answer http_app(const uint8_t* bytes, const http_request* request, http_text content);

// GET / answers "hello world", GET /large 64 KiB of zeros, POST /echo the content of the request, OPTIONS * too is
// answered; other paths get 404, other methods 405.
http_app http_app_hello;

// 200 to any method and path, with the request's content.
http_app http_app_echo;

#endif
