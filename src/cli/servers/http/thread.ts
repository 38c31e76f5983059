// One thread of threads.ts, for one client of http.
import { newService } from './settings.js'
import type { HttpSettings } from './settings.js'
import { serveClient } from './blocking.js'
import { takeOver } from '../threads.js'

const { client, stop, settings } = takeOver<HttpSettings>()
serveClient(client, newService(settings), stop, null)
