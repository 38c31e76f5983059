// The settings from the command line of http.
import { Service } from '../../../http/service.js'
import type { ServiceOptions } from '../../../http/service.js'
import { handlerOf } from './app.js'
import type { App } from './app.js'

/** It can be cloned for a worker. */
export interface HttpSettings extends Required<Pick<ServiceOptions, 'limits' | 'timeouts'>> {
  app: App
  /** The folder whose files are served instead. */
  root: string | undefined
  /** The number of clients at a time; others wait to be accepted. */
  connections: number
}

export const newService = ({ app, root, ...options }: HttpSettings): Service =>
  new Service(handlerOf({ app, root }), options)
