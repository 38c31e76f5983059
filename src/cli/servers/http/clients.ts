// The clients of http.
import { checkInterval } from '../../../http/service.js'
import type { Service } from '../../../http/service.js'
import type { Socket } from '../../../sockets/socket.js'
import { Deadline } from '../../../waiting/wait.js'
import { Clients } from '../clients.js'
import type { Client } from '../clients.js'
import { HttpClient } from './client.js'
import { newService } from './settings.js'
import type { HttpSettings } from './settings.js'
import type { Server } from '../server.js'

class HttpClients extends Clients<HttpClient> {
  readonly #service: Service
  #nextCheck = new Deadline(checkInterval)

  constructor(server: Server, settings: HttpSettings) {
    super(server, settings.connections)
    this.#service = newService(settings)
  }

  protected get patience(): number | null {
    return this.size > 0 ? this.#nextCheck.left : null
  }

  /** After a stop, requests that were received before it are answered. */
  remain(): boolean {
    if (this.server.stop.asked && !this.stopping) {
      this.#service.stopping = true
      this.stop()
    } else if (this.#nextCheck.left === 0) this.#check()
    return !this.stopping || this.draining || this.size > 0
  }

  override close(client: HttpClient): void {
    client.drop()
    super.close(client)
  }

  protected join(socket: Socket): HttpClient {
    return new HttpClient(socket, this.#service)
  }

  protected serveOnce(client: HttpClient): boolean {
    const again = client.turn()
    if (client.gone) this.close(client)
    return again
  }

  // A request from before the stop is answered; an idle client is closed.
  protected leave(client: HttpClient): void {
    this.serve(client, 4)
    if (this.get(client.fd) === client) this.#checkOne(client, performance.now())
  }

  #check(): void {
    this.#nextCheck = new Deadline(checkInterval)
    const now = performance.now()
    for (const client of this) this.#checkOne(client, now)
  }

  #checkOne(client: HttpClient, now: number): void {
    client.session.check(now)
    if (client.gone) this.close(client)
  }
}

export const open = (server: Server, settings: HttpSettings): Clients<Client> => new HttpClients(server, settings)
