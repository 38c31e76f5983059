// One thread of threads.ts, for clients of http.
import { serveEach } from '../client-thread.js'
import { serveClient } from './blocking.js'
import { newService } from './settings.js'
import type { HttpSettings } from './settings.js'

serveEach<HttpSettings>((client, stop, settings) => serveClient(client, newService(settings), stop, null))
