// The media types of files, by the endings of their names. https://www.iana.org/assignments/media-types
const texts: Readonly<Record<string, string>> = {
  'text/css': 'css',
  'text/csv': 'csv',
  'text/html': 'html htm',
  'text/javascript': 'js mjs cjs',
  'text/markdown': 'md',
  'text/plain': 'txt log c h cc ts py sh conf ini toml yaml yml',
  'application/json': 'json map',
  'application/manifest+json': 'webmanifest',
  'application/xml': 'xml xsl',
  'image/svg+xml': 'svg',
}

const others: Readonly<Record<string, string>> = {
  'application/gzip': 'gz tgz',
  'application/pdf': 'pdf',
  'application/wasm': 'wasm',
  'application/zip': 'zip',
  'audio/flac': 'flac',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg oga opus',
  'audio/wav': 'wav',
  'font/otf': 'otf',
  'font/ttf': 'ttf',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/jpeg': 'jpg jpeg',
  'image/png': 'png',
  'image/vnd.microsoft.icon': 'ico',
  'image/webp': 'webp',
  'video/mp4': 'mp4 m4v',
  'video/ogg': 'ogv',
  'video/webm': 'webm',
}

const byEnding = new Map<string, string>()
for (const [type, endings] of Object.entries(others))
  for (const ending of endings.split(' ')) byEnding.set(ending, type)
for (const [type, endings] of Object.entries(texts))
  for (const ending of endings.split(' ')) byEnding.set(ending, `${type}; charset=utf-8`)

/** The value of Content-Type for a file of this name; `application/octet-stream` if its ending is unknown. */
export const mediaTypeOf = (name: string): string =>
  byEnding.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'application/octet-stream'
