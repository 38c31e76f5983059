// Programs of this machine.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The file of a program in PATH or in one of `folders`; undefined if it is not installed. */
export const find = (name, folders = []) =>
  [...(process.env.PATH ?? '').split(delimiter), ...folders]
    .map(folder => join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
