// A picture for the window of wayland.ts: the calls of a server and of a client, and what passes between them.

export const [width, height] = [480, 320]
export const pixels = new Uint32Array(width * height) // 0xRRGGBB
const calls = [
  { server: 'SOCKET', client: 'SOCKET' },
  { server: 'BIND', client: '' },
  { server: 'LISTEN', client: '' },
  { server: 'ACCEPT', client: 'CONNECT', passes: -1 },
  { server: 'RECV', client: 'SEND', passes: -1 },
  { server: 'SEND', client: 'RECV', passes: 1 },
  { server: 'CLOSE', client: 'CLOSE', passes: -1 },
]
// Each letter is five rows of three pixels, a row an octal digit.
const font: Record<string, string> = {
  ...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', I: '72227', K: '55655', L: '44447' },
  ...{ N: '65555', O: '75557', P: '65644', R: '65655', S: '34216', T: '72222', V: '55552', ' ': '00000' },
}
const wave = Array.from({ length: 256 }, (_, i) => Math.sin((i * Math.PI) / 128))
const night = Array.from({ length: 16 }, (_, i) => ((i * 3) << 16) | ((i * 4) << 8) | (24 + i * 5))
const [wood, lit, ink, white] = [0xc08030, 0xffd040, 0x201000, 0xffffff]

function fill(x: number, y: number, w: number, h: number, colour: number): void {
  for (let row = y; row < y + h; row++) pixels.fill(colour, row * width + x, row * width + x + w)
}

function write(text: string, middle: number, top: number, scale: number, colour: number): void {
  const left = middle - Math.floor(((text.length * 4 - 1) * scale) / 2)
  for (const [i, letter] of Array.from(text).entries())
    for (const [row, bits] of Array.from(font[letter]!).entries())
      for (let column = 0; column < 3; column++)
        if (Number(bits) & (4 >> column)) fill(left + (i * 4 + column) * scale, top + row * scale, scale, scale, colour)
}

export function paint(frame: number): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const height = wave[(x + frame) & 255]! + wave[(2 * y - frame) & 255]! + wave[(x + y + 2 * frame) & 255]!
      pixels[y * width + x] = night[Math.floor((height + 3) * 2.6)]!
    }
  write('BSD SOCKETS', width / 2, 20, 6, white)
  const now = 3 + (Math.floor(frame / 30) % 4)
  for (const [side, middle] of [
    ['server', 110],
    ['client', 370],
  ] as const) {
    write(side.toUpperCase(), middle, 68, 3, white)
    for (const rail of [middle - 50, middle + 44]) fill(rail, 90, 6, 218, wood)
    for (const [i, { [side]: call }] of calls.entries()) {
      if (call === '') continue
      fill(middle - 44, 98 + 30 * i, 88, 18, i === now ? lit : wood)
      write(call, middle, 102 + 30 * i, 2, ink)
    }
  }
  const way = (calls[now]!.passes! * ((frame % 30) - 14.5)) / 14.5 // from -1 to 1, or back
  fill(Math.round(240 + 70 * way) - 6, 101 + 30 * now, 12, 12, lit)
}
