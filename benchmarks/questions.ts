// The questions, by their names on the command line.
import { calls } from './calls.js'
import { connections } from './connections.js'
import { manyCores } from './cores.js'
import { echo } from './echo.js'
import { http } from './http.js'
import { loadTime } from './load-time.js'
import { memory } from './memory.js'
import { placement } from './placement.js'
import type { Question } from './question.js'
import { threadStarts } from './threads.js'
import { udp } from './udp.js'
import { unix } from './unix.js'
import { unixDatagrams } from './unix-dgram.js'

export const questions: Readonly<Record<string, Question>> = {
  calls,
  echo,
  unix,
  udp,
  'unix-dgram': unixDatagrams,
  http,
  connections,
  threads: threadStarts,
  cores: manyCores,
  memory,
  placement,
  'load-time': loadTime,
}
