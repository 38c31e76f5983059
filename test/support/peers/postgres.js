// PostgreSQL by pg, over a Unix socket of ours: queries, parameters, big values, many rows, notifications, errors.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { toDuplex } from 'bsd-sockets/streams'
import pg from 'pg'
import { connected, connectedNow, find, recipe, withFolder, withServer } from './server.js'

function versions() {
  try {
    return readdirSync('/usr/lib/postgresql').map(version => `/usr/lib/postgresql/${version}/bin`)
  } catch {
    return []
  }
}

export const program = () => find('postgres', versions())

// It refuses to run as root.
const isRoot = process.getuid() === 0
const asItself = isRoot ? [find('setpriv'), '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : []

function idOf(user) {
  const { stdout } = spawnSync('id', ['-u', user], { encoding: 'utf8' })
  return Number(stdout)
}

async function login(folder, user) {
  const socket = await connected(join(folder, '.s.PGSQL.5432'))
  const client = new pg.Client({ stream: () => toDuplex(socket), user, database: 'postgres', keepAlive: true })
  await client.connect()
  return client
}

export const run = postgres =>
  withFolder(async folder => {
    const user = isRoot ? 'postgres' : process.env.USER
    if (isRoot) chownSync(folder, idOf('postgres'), -1)
    const data = join(folder, 'data')
    const [command, ...before] = [...asItself, join(postgres, '../initdb')]
    const made = spawnSync(command, [...before, '-D', data, '-A', 'trust', '-U', user, '--no-sync'], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(made.status, 0, made.stderr)
    const server = [...asItself, postgres, '-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off']
    const ready = async () => (await login(folder, user)).end()
    const use = async () => {
      const [client, other] = [await login(folder, user), await login(folder, user)]
      const { rows } = await client.query('SELECT $1::int + 1 AS sum, $2::text AS text', [41, 'naïve'])
      assert.deepEqual(rows, [{ sum: 42, text: 'naïve' }])
      const big = 'every byte is to arrive. '.repeat(200_000)
      const echoed = await client.query('SELECT $1::text AS big', [big])
      assert.ok(echoed.rows[0].big === big)
      const many = await client.query('SELECT n FROM generate_series(1, 100000) n')
      assert.equal(many.rows.length, 100_000)
      assert.ok(many.rows.every(({ n }, i) => n === i + 1))
      await assert.rejects(client.query('SELECT 1 / 0'), { code: '22012' })
      await other.query('LISTEN channel')
      const notification = once(other, 'notification')
      await client.query(`NOTIFY channel, 'hello'`)
      assert.equal((await notification)[0].payload, 'hello')
      await Promise.all([client.end(), other.end()])
      const pool = new pg.Pool({
        stream: () => connectedNow(join(folder, '.s.PGSQL.5432')),
        user,
        database: 'postgres',
        max: 3,
      })
      const pids = Array.from({ length: 6 }, () => pool.query('SELECT pg_backend_pid() AS pid, pg_sleep(0.02)'))
      const answers = await Promise.all(pids)
      assert.equal(new Set(answers.map(({ rows }) => rows[0].pid)).size, 3)
      await pool.end()
      const asked = ['--path', join(folder, '.s.PGSQL.5432'), '--user', user]
      assert.equal(await recipe('postgres', ...asked, 'SELECT 41 + 1 AS sum'), '{"sum":42}\n')
      await assert.rejects(recipe('postgres', ...asked, 'SELECT 1 / 0'), { code: 1, stderr: /division by zero/ })
      await assert.rejects(recipe('postgres', ...asked, '--user', 'nobody'), {
        code: 1,
        stderr: /role "nobody" does not/,
      })
    }
    await withServer(server, ready, use, 'SIGINT') // with which it does not wait for connected clients
  })
