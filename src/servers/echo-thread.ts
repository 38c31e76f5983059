// One thread of threads.ts, for one client of echo.
import { finish, serveClient } from './echo-blocking.js'
import { takeOver } from './threads.js'

const { client, stop } = takeOver()
if (!serveClient(client, stop)) finish(client)
client.close()
