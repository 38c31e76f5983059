// MariaDB by mysql2, over a Unix socket of ours: queries, parameters, big values, many rows, errors.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { toDuplex } from 'bsd-sockets/streams'
import { createConnection, createPool } from 'mysql2/promise'
import { connected, connectedNow, find, recipe, withFolder, withServer } from './server.js'

export const program = () => find('mariadbd')

const login = async path =>
  createConnection({ stream: toDuplex(await connected(path)), user: 'anybody', database: 'information_schema' })

export const run = command =>
  withFolder(async folder => {
    const path = join(folder, 'socket')
    // Without tables of its own: these need programs of the client's package.
    const own = ['--no-defaults', `--datadir=${folder}`, '--skip-grant-tables', '--skip-networking', `--socket=${path}`]
    if (process.getuid() === 0) own.push('--user=root')
    const ready = async () => (await login(path)).end()
    await withServer([command, ...own], ready, async () => {
      const client = await login(path)
      const [rows] = await client.execute('SELECT ? + 1 AS sum, ? AS text', [41, 'naïve'])
      assert.deepEqual(
        rows.map(row => ({ ...row })),
        [{ sum: 42, text: 'naïve' }],
      )
      const big = 'every byte is to arrive. '.repeat(200_000)
      const [echoed] = await client.query('SELECT ? AS big', [big])
      assert.ok(echoed[0].big === big)
      const [many] = await client.query('SELECT seq AS n FROM mysql.seq_1_to_100000')
      assert.equal(many.length, 100_000)
      assert.ok(many.every(({ n }, i) => n === i + 1))
      await assert.rejects(client.query('SELECT nothing'), { code: 'ER_BAD_FIELD_ERROR' })
      await client.end()
      const pool = createPool({ stream: () => connectedNow(path), user: 'anybody', connectionLimit: 3 })
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => pool.query('SELECT connection_id() AS id, sleep(0.02)')),
      )
      assert.equal(new Set(answers.map(([[{ id }]]) => id)).size, 3)
      await pool.end()
      const asked = ['--path', path, '--database', 'information_schema']
      assert.equal(await recipe('mysql', ...asked, 'SELECT 41 + 1 AS sum'), '{"sum":42}\n')
      await assert.rejects(recipe('mysql', ...asked, 'SELECT nothing'), { code: 1, stderr: /ER_BAD_FIELD_ERROR/ })
      const nowhere = recipe('mysql', '--path', path, '--database', 'nowhere')
      await assert.rejects(nowhere, { code: 1, stderr: /ER_BAD_DB_ERROR/ })
    })
  })
