import { echo } from './servers/echo/echo.js'
import { serverCommand } from './server-command.js'

export const command = serverCommand('echo', 9999, {}, () => echo)
