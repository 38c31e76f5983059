// Servers from the system's packages, each in a temporary folder, and clients over sockets of this package.
import * as dbus from '../support/peers/dbus.js'
import * as mariadb from '../support/peers/mariadb.js'
import * as nginx from '../support/peers/nginx.js'
import * as postgres from '../support/peers/postgres.js'
import * as redis from '../support/peers/redis.js'
import { runPeers } from '../support/peers/run.js'

await runPeers({ dbus, mariadb, nginx, postgres, redis })
