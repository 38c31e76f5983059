// An application that does not use sockets: a web-standard handler, from Request to Response.
import { setTimeout } from 'node:timers/promises'

interface Product {
  name: string
  price: string
}

const products = new Map<string, Product>([
  ['1', { name: 'Stream socket', price: '12.00' }],
  ['2', { name: 'Datagram socket', price: '8.50' }],
  ['3', { name: 'Socket pair', price: '19.90' }],
])

const html = { 'Content-Type': 'text/html; charset=utf-8' }

/** The list in pieces; the server sends each piece at once. */
async function* list(): AsyncGenerator<string> {
  yield '<!doctype html>\n<title>Products</title>\n<h1>Products</h1>\n<ul>\n'
  for (const [id, { name, price }] of products) yield `<li><a href="/products/${id}">${name}</a>: ${price}</li>\n`
  await setTimeout(1)
  yield '</ul>\n'
}

function page(id: string): Response {
  const product = products.get(id)
  if (product === undefined) return new Response('no such product\n', { status: 404 })
  return new Response(`<!doctype html>\n<title>${product.name}</title>\n<h1>${product.name}</h1>\n`, { headers: html })
}

export async function fetch(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/echo') return new Response(await request.text())
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response('only GET\n', { status: 405, headers: { Allow: 'GET, HEAD' } })
  }
  if (pathname === '/products/') {
    return new Response(ReadableStream.from<string>(list()).pipeThrough(new TextEncoderStream()), { headers: html })
  }
  if (pathname === '/slow') {
    await setTimeout(1000)
    return new Response('slow\n')
  }
  if (pathname === '/fails') throw new Error('the application has failed')
  return page(pathname.replace('/products/', ''))
}
