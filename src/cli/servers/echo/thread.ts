// One thread of threads.ts, for one client of echo.
import { leave, serveClient } from './blocking.js'
import { release } from '../server.js'
import { takeOver } from '../threads.js'

const { client, stop } = takeOver()
if (serveClient(client, stop)) release(client)
else leave([client])
