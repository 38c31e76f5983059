import { listenInWorkers } from 'bsd-sockets/reactor'
import { listening } from './listening.js'

const handlers = new URL('./echo-handlers.js', import.meta.url)
const { address } = await listenInWorkers(handlers, { workers: Number(process.argv[2]), backlog: 4096 })
listening(address)
