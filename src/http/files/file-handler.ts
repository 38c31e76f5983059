// Files of a folder over HTTP.
import { constants as flags, readlinkSync, realpathSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join, posix, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkProperties, checkSwitch, invalidType, invalidValue, isUrl } from '../../checks.js'
import { openFile, statOf } from '../../descriptors/open.js'
import { OwnedFd } from '../../descriptors/owned-fd.js'
import type { AnyRequest } from '../request.js'
import type { HttpResponse } from '../response.js'
import { plain } from '../service.js'
import { conditionOf, rangeOf } from './conditions.js'
import { FileBody } from './file-body.js'
import { listingOf } from './listing.js'
import { mediaTypeOf } from './media-types.js'

/** The options of fileHandler. */
export interface FileOptions {
  /** The file that stands for its folder; default: `index.html`. Null: none. */
  index?: string | null
  /** Whether a folder without such a file is listed; default: false, and it is 404. */
  list?: boolean
}

// The status for a failed call, by its code; others are errors of the handler, and the client gets 500.
const statuses: Readonly<Record<string, number>> = {
  EACCES: 403,
  EINVAL: 404,
  ELOOP: 404,
  EMFILE: 503,
  ENAMETOOLONG: 404,
  ENFILE: 503,
  ENOENT: 404,
  ENOTDIR: 404,
  EPERM: 403,
}

/**
 * Makes a handler for `serve` that answers GET and HEAD with the files of a folder: ranges, conditions, media types by the ending
 * of the name. The bytes go from the file to the socket within the kernel. A folder's path without a slash at its end is
 * redirected to the one with it. A path that leads out of the folder, also by a symbolic link, is 404, even if the link is made at
 * that moment. RFC 9110, 13 and 14
 *
 * ```ts
 * import { fileHandler, serve } from 'bsd-sockets/http'
 *
 * serve(fileHandler('public'), { port: 8000 })
 * ```
 *
 * @throws TypeError if `folder` is not the path of a folder
 */
export function fileHandler(folder: string | URL, options: FileOptions = {}): (request: AnyRequest) => HttpResponse {
  checkProperties('options', options, { index: 'option', list: 'option' })
  const { index = 'index.html', list = false } = options
  checkSwitch('options.list', list)
  if (index !== null && typeof index !== 'string') throw invalidType('options.index', index, 'of type string, or null')
  const root = rootOf(folder)

  return request => {
    try {
      return answer(request)
    } catch (error) {
      const status = statuses[(error as NodeJS.ErrnoException).code ?? '']
      if (status === undefined) throw error
      return plain(status)
    }
  }

  function answer(request: AnyRequest): HttpResponse {
    if (request.method !== 'GET' && request.method !== 'HEAD') return { ...plain(405), headers: { Allow: 'GET, HEAD' } }
    const path = pathOf(request.path)
    if (path === undefined) return plain(400)
    const place = within(root, path)
    const found = place === undefined ? undefined : statSync(place)
    if (place === undefined || found === undefined) return plain(404)
    if (found.isFile()) return path.endsWith('/') ? plain(404) : fileAt(root, place, request)
    return found.isDirectory() ? folderAt(place, path, request) : plain(404) // opening a device may have an effect
  }

  function folderAt(place: string, path: string, request: AnyRequest): HttpResponse {
    if (!path.endsWith('/')) {
      const location = `${encodeURI(path).replaceAll(/[?#]/g, encodeURIComponent)}/`
      return { ...plain(301), headers: { Location: location + (request.query === '' ? '' : `?${request.query}`) } }
    }
    const page = index === null ? undefined : within(root, join(path, index))
    if (page !== undefined && statSync(page, { throwIfNoEntry: false })?.isFile() === true)
      return fileAt(root, page, request)
    if (!list) return plain(404)
    using opened = openWithin(root, place, flags.O_DIRECTORY)
    if (opened === undefined) return plain(404)
    return { headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: listingOf(opened.path, path) }
  }
}

function rootOf(folder: string | URL): string {
  if (typeof folder !== 'string' && !isUrl(folder)) throw invalidType('folder', folder, 'a path or a file: URL')
  const root = resolve(typeof folder === 'string' ? folder : fileURLToPath(folder.href))
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw invalidValue('folder', folder, 'must be the path of a folder')
  return realpathSync(root)
}

// The decoded path, without `.` and `..`; undefined if it is malformed. RFC 3986, 2.1 and 5.2.4
function pathOf(encoded: string): string | undefined {
  try {
    const path = decodeURIComponent(encoded)
    return path.startsWith('/') && !path.includes('\0') ? posix.normalize(path).replace(/^\/+/, '/') : undefined
  } catch {
    return undefined
  }
}

// The real path of a file in the folder `root`; undefined if there is none, or it lies outside.
function within(root: string, path: string): string | undefined {
  let place: string
  try {
    place = realpathSync.native(join(root, path))
  } catch (error) {
    if (statuses[(error as NodeJS.ErrnoException).code ?? ''] === 404) return undefined
    throw error
  }
  return isWithin(root, place) ? place : undefined
}

const isWithin = (root: string, place: string): boolean =>
  place === root || place.startsWith(root.endsWith(sep) ? root : root + sep)

interface Opened extends Disposable {
  readonly file: OwnedFd
  /** By it, what is open is read, whatever has its place by now. */
  readonly path: string
}

/**
 * Opens a file or a folder whose real path was `place`. Since then a folder in that path may have become a link: what counts is
 * where the open file is. Undefined if that is outside of `root`.
 */
function openWithin(root: string, place: string, more: number): Opened | undefined {
  const file = new OwnedFd(openFile(place, flags.O_NOFOLLOW | more))
  try {
    const [path, real] = whereIs(file, place)
    if (real !== undefined && isWithin(root, real)) return { file, path, [Symbol.dispose]: () => file.close() }
  } catch (error) {
    file.close()
    throw error
  }
  file.close()
  return undefined
}

// A path to an open file, and the real one: as the kernel tells it, or `place` where it tells nothing and that is this file. proc(5)
function whereIs(file: OwnedFd, place: string): [path: string, real: string | undefined] {
  const path = `/proc/self/fd/${file.fd}`
  try {
    return [path, readlinkSync(path)]
  } catch {
    const [open, there] = [statOf(file.fd), statSync(place)]
    const same = open.dev === there.dev && open.ino === there.ino
    return [place, same ? realpathSync.native(place) : undefined]
  }
}

function fileAt(root: string, place: string, request: AnyRequest): HttpResponse {
  // O_NONBLOCK: if a FIFO has taken the file's place, opening it would wait for a writer. fifo(7)
  const opened = openWithin(root, place, flags.O_NONBLOCK)
  if (opened === undefined) return plain(404)
  const { file } = opened
  try {
    const stats = statOf(file.fd)
    const answer = stats.isFile() ? answerOf(stats, file, mediaTypeOf(place), request) : plain(404)
    if (!(answer.body instanceof FileBody)) file.close()
    return answer
  } catch (error) {
    file.close()
    throw error
  }
}

function answerOf({ size, mtimeMs, mtime }: Stats, file: OwnedFd, type: string, request: AnyRequest): HttpResponse {
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`
  const validators = { etag, seconds: Math.floor(mtimeMs / 1000) }
  const headers = { 'Accept-Ranges': 'bytes', ETag: etag, 'Last-Modified': mtime.toUTCString() }
  const status = conditionOf(request, validators)
  if (status === 304) return { status, headers }
  if (status !== undefined) return plain(status)
  const range = rangeOf(request, size, validators)
  if (range === null) return { ...plain(416), headers: { 'Content-Range': `bytes */${size}` } }
  const typed = { 'Content-Type': type, ...headers }
  if (range === undefined) return { headers: typed, body: new FileBody(file, 0, size) }
  const { start, length } = range
  return {
    status: 206,
    headers: { ...typed, 'Content-Range': `bytes ${start}-${start + length - 1}/${size}` },
    body: new FileBody(file, start, length),
  }
}
