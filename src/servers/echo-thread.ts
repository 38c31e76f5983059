// One thread of threads.ts, for one client of echo.
import { finish, newBuffer, serveClient } from './echo-blocking.js'
import { takeOver } from './threads.js'

const { client, stop } = takeOver()
const buffer = newBuffer()
if (!serveClient(client, stop, buffer)) finish(client, buffer)
client.close()
