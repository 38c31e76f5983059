import { answers, closes, echo, get, hello, helloClose, plain, post, refuses, request, toEcho, waits } from './case.js'
import type { Answer, HttpCase } from './case.js'

const old = (...headers: readonly string[]): string => request('GET / HTTP/1.0', ...headers)
const to = (line: string, ...headers: readonly string[]): string => request(`${line} HTTP/1.1`, 'Host: x', ...headers)
const helloKept: Answer = { ...hello, connection: 'keep-alive' }
const allowPost: Answer = { status: 405, allow: 'POST' }

const persistence: readonly HttpCase[] = [
  answers('two requests one after another', get() + get(), hello, hello),
  answers(
    'requests of every kind in order',
    get() + post(['Content-Length: 3'], 'abc') + to('GET /no') + to('PUT /') + get(),
    hello,
    echo('abc'),
    plain(404),
    { status: 405, allow: 'GET, HEAD' },
    hello,
  ),
  answers('five hundred requests', get().repeat(500), ...Array.from({ length: 500 }, () => hello)),
  answers(
    'answers of a megabyte',
    post(['Content-Length: 100000'], 'x'.repeat(100000)).repeat(10),
    ...Array.from({ length: 10 }, () => echo('x'.repeat(100000))),
  ),
  waits('a whole request and a part of another', get() + 'GET / HT', hello),
  closes('Connection: close', get('Connection: close'), helloClose),
  closes('close in any case among others', get('Connection: foo, CLOSE ,bar'), helloClose),
  closes('close in the second of two lines', get('Connection: foo', 'Connection: close'), helloClose),
  closes('close comes before keep-alive', get('Connection: keep-alive, close'), helloClose),
  closes('what follows close is not answered', get('Connection: close') + get(), helloClose),
  closes('close behind others', get() + get('Connection: close') + get(), hello, helloClose),
  answers('keep-alive is taken for granted', get('Connection: keep-alive'), hello),
  answers('an empty Connection', get('Connection:'), hello),
  answers('closed is not close', get('Connection: closed'), hello),
  closes('HTTP/1.0 closes', old() + old(), helloClose),
  answers('HTTP/1.0 with keep-alive', old('Connection: keep-alive'), helloKept),
  answers('HTTP/1.0 with Keep-Alive twice', old('Connection: Keep-Alive').repeat(2), helloKept, helloKept),
  closes('HTTP/1.0 with keep-alive and close', old('Connection: keep-alive, close'), helloClose),
  closes('what follows an error is not answered', get() + get('X : 1') + get(), hello, {
    status: 400,
    connection: 'close',
  }),
  refuses('an error with a body behind it', 400, post(['Content-Length: +3'], 'abc' + get())),
  closes('an error to HEAD has no body', to('HEAD /', 'X : 1'), { status: 400, connection: 'close', head: true }),
  answers('an upgrade is passed over', get('Connection: Upgrade', 'Upgrade: websocket'), hello),
  answers(
    'an upgrade to HTTP/2 is passed over',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
    hello,
  ),
]

const helloApp: readonly HttpCase[] = [
  answers('HEAD /', to('HEAD /'), { ...hello, head: true }),
  answers('HEAD and then GET', to('HEAD /') + get(), { ...hello, head: true }, hello),
  answers('HEAD of what is not there', to('HEAD /no'), { ...plain(404), head: true }),
  answers('HEAD of what takes POST', to('HEAD /echo'), { ...allowPost, head: true }),
  answers('GET /echo', to('GET /echo'), allowPost),
  answers('POST /', to('POST /', 'Content-Length: 3') + 'abc', { status: 405, allow: 'GET, HEAD' }),
  answers('PUT /echo with a body', to('PUT /echo', 'Content-Length: 3') + 'abc', allowPost),
  answers('OPTIONS /', to('OPTIONS /'), { status: 405, allow: 'GET, HEAD' }),
  answers('GET /large', to('GET /large'), echo('\0'.repeat(64 * 1024))),
  answers(
    'HEAD /large and then GET',
    to('HEAD /large') + get(),
    { ...echo('\0'.repeat(64 * 1024)), head: true },
    hello,
  ),
  answers('/robots.txt', to('GET /robots.txt'), plain(404)),
  answers('/favicon.ico', to('GET /favicon.ico'), plain(404)),
  answers('/echo/', to('POST /echo/', 'Content-Length: 3') + 'abc', plain(404)),
  answers('/ECHO', to('POST /ECHO', 'Content-Length: 0'), plain(404)),
  answers('/echo with a query', to('POST /echo?a', 'Content-Length: 3') + 'abc', echo('abc')),
  answers(
    'the type of the content comes back',
    post(['Content-Type: text/html; charset="x"', 'Content-Length: 3'], 'abc'),
    echo('abc', 'text/html; charset="x"'),
  ),
  answers('the first of two types comes back', post(['content-type: a/b', 'Content-Type: c/d'], ''), echo('', 'a/b')),
  answers('an empty type is none', post(['Content-Type:', 'Content-Length: 1'], 'a'), echo('a')),
]

const echoApp: readonly HttpCase[] = [
  answers('GET gives nothing back', get(), echo('')),
  answers('any method and any path', to('FROB /any/path?x', 'Content-Length: 3') + 'abc', echo('abc')),
  answers('its type', to('PUT /', 'Content-Type: text/plain', 'Content-Length: 3') + 'abc', echo('abc', 'text/plain')),
  answers('a chunked body', to('PATCH /', 'Transfer-Encoding: chunked') + '3\r\nabc\r\n0\r\n\r\n', echo('abc')),
  answers('HEAD with a body', to('HEAD /', 'Content-Length: 3') + 'abc', { ...echo('abc'), head: true }),
  answers('OPTIONS *', to('OPTIONS *'), echo('')),
  refuses('CONNECT', 501, to('CONNECT x:1')),
  refuses('an error', 400, to('GET / ')),
  closes('HTTP/1.0', request('POST / HTTP/1.0', 'Content-Length: 1') + 'a', { ...echo('a'), connection: 'close' }),
].map(toEcho)

/** Connections (RFC 9112, 9) and the two applications. */
export const connection: readonly HttpCase[] = [...persistence, ...helloApp, ...echoApp]
