// What is answered to a request that is in order.
#ifndef BSD_SOCKETS_SERVERS_HTTP_APP_H
#define BSD_SOCKETS_SERVERS_HTTP_APP_H

#include "http_parser.h"
#include "http_response.h"

// `bytes` are those that the request's offsets point into; the answer may point into them and into
// `content`.
typedef http_answer http_app(const uint8_t* bytes, const http_request* request, http_text content);

// GET / is "hello world", POST /echo gives back the content, OPTIONS * answers; any other path is
// 404, any other method 405.
http_app http_app_hello;

// 200 to any method and path, with the request's content.
http_app http_app_echo;

#endif
