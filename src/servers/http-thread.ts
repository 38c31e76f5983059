// One thread of threads.ts, for one client of http.
import { newService } from './http-settings.js'
import type { HttpSettings } from './http-settings.js'
import { serveClient } from './http-blocking.js'
import { takeOver } from './threads.js'

const { client, stop, settings } = takeOver<HttpSettings>()
serveClient(client, newService(settings), stop, null)
