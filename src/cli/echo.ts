import { echoModes } from './servers/echo/echo.js'
import { serverCommand } from './server-command.js'

export const command = serverCommand('echo', 9999, Object.keys(echoModes), {}, mode => echoModes[mode]!)
