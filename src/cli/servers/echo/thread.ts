// One thread of threads.ts, for clients of echo.
import { serveEach } from '../client-thread.js'
import { release } from '../server.js'
import { leave, serveClient } from './blocking.js'

serveEach((client, stop) => {
  if (serveClient(client, stop)) release(client)
  else leave([client])
})
