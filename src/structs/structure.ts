// A structure of C as an object.
import { checkProperties } from '../checks.js'
import { field, sizeOf } from '../syscalls/layout.js'
import type { Kind } from './fields.js'

/** How a structure is read from the bytes that the kernel gives, and written into those that it takes. */
export interface Structure<T> {
  /** Its size in bytes; 0 where this system has no such structure. */
  readonly room: number
  /** Its properties, for people; `?` is behind those that may be left out. */
  readonly form: string
  /** Fields that the kernel left out, being older than they are, are left out of the object. */
  readonly decode: (bytes: Buffer) => T
  /** Throws a TypeError or a RangeError that names the property which is wrong: `name` is the value's own. */
  readonly encode: (value: T, name?: string) => Buffer
}

type Fields<T> = { readonly [Key in keyof T]-?: readonly [field: string, kind: Kind<Exclude<T[Key], undefined>>] }

/** A structure by its name in C: the properties of its object, each with the field's name in C and its kind. */
export function structure<T extends object>(name: string, fields: Fields<T>): Structure<T> {
  const properties = Object.entries<Fields<T>[keyof T]>(fields).map(([key, [at, kind]]) => ({
    key,
    field: field(`${name}.${at}`),
    kind,
  }))
  const known = Object.fromEntries(properties.map(({ key }) => [key, 'option']))
  const size = sizeOf(name)
  const form = `{ ${properties.map(({ key, kind }) => (kind.otherwise === undefined ? key : `${key}?`)).join(', ')} }`
  return {
    room: size,
    form,
    decode(bytes) {
      const value: Record<string, unknown> = {}
      for (const { key, field, kind } of properties) {
        if (field.offset + field.size <= bytes.length) value[key] = kind.read(bytes, field)
      }
      return value as T
    },
    encode(value, name = 'value') {
      checkProperties(name, value, known)
      const bytes = Buffer.alloc(size)
      for (const { key, field, kind } of properties) {
        kind.write(bytes, field, (value as Record<string, unknown>)[key] ?? kind.otherwise, `${name}.${key}`)
      }
      return bytes
    },
  }
}
