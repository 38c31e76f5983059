// A server of two modules: a loop that asks the kernel which clients are ready, and what is done with those.
import type { Client, Clients, Open } from '../clients.js'
import type { Server } from '../server.js'

/** The modules, by their URLs, and what the second is told. */
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
