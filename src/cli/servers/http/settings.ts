// What http is told on its command line.
import { Service } from '../../../http/service.js'
import type { ServiceOptions } from '../../../http/service.js'
import { apps } from './app.js'
import type { App } from './app.js'

/** It can be sent to a worker. */
export interface HttpSettings extends Required<Pick<ServiceOptions, 'limits' | 'timeouts'>> {
  app: App
  /** How many clients at a time; more wait to be accepted. */
  connections: number
}

export const newService = ({ app, ...options }: HttpSettings): Service => new Service(apps[app], options)
