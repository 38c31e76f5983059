// A server of two modules: a loop that asks the kernel which clients are ready, and the program that serves these.
import type { Client, Clients, Open } from '../clients.js'
import type { Server } from '../server.js'

/** The URLs of the modules, and the settings of the second. */
export interface Polled {
  /** Exports `serve(server, clients)`. */
  loop: string
  /** Exports `open(server, settings)`. */
  program: string
  settings?: unknown
}

export async function serve(server: Server, { loop, program, settings }: Polled): Promise<void> {
  const { open } = (await import(program)) as { open: Open<unknown> }
  const { serve } = (await import(loop)) as { serve: (server: Server, clients: Clients<Client>) => void }
  serve(server, open(server, settings))
}
