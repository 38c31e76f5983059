// The files of a folder over HTTP, and a large file under a path of its own. sendfile(2)
import { parseArgs } from 'node:util'
import { FileBody, fileHandler, serve } from 'bsd-sockets/http'
import type { HttpRequest, HttpResponse } from 'bsd-sockets/http'

/** The files of `folder`; and `report` for the path /report. */
function application(folder: string, report: string): (request: HttpRequest) => HttpResponse {
  const files = fileHandler(folder, { list: true })
  return request => {
    if (request.path !== '/report') return files(request)
    return { headers: { 'Content-Type': 'application/pdf' }, body: FileBody.open(report) }
  }
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    folder: { type: 'string', default: '.' },
    port: { type: 'string', default: '8000' },
    report: { type: 'string', default: 'report.pdf' },
  },
})
if (values.help) {
  console.log('usage: files [--folder .] [--report report.pdf] [--port 8000]')
  process.exit()
}

const server = serve(application(values.folder, values.report), { port: Number(values.port) })
console.log(`listening on 127.0.0.1:${server.port}`)
process.once('SIGINT', () => void server.stop({ timeout: 5000 }))
