// The examples of a desktop: a window on a Wayland compositor, and a service on a D-Bus, each against the system's programs.
import * as dbusService from '../support/peers/dbus-service.js'
import { runPeers } from '../support/peers/run.js'
import * as wayland from '../support/peers/wayland.js'

await runPeers({ 'D-Bus service': dbusService, Wayland: wayland })
