// The questions, by the names that the command line knows them by.
import { connections } from './connections.js'
import { echo } from './echo.js'
import { http } from './http.js'
import { memory } from './memory.js'
import type { Question } from './question.js'

export const questions: Readonly<Record<string, Question>> = { echo, http, connections, memory }
