// A network namespace for a test, in which an unprivileged process may ping, or may not.
import { spawnSync } from 'node:child_process'
import { root } from './root.js'

/** The command that runs `command` there. `range` are the groups that may ping: ping_group_range in icmp(7). */
export function inNamespace(range: string, ...command: string[]): [string, string[]] {
  const setUp = `ip link set lo up && echo ${range} >/proc/sys/net/ipv4/ping_group_range`
  const nobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"'
  return ['unshare', ['-n', 'sh', '-c', `${setUp} && ${nobody}`, '-', ...command]]
}

/** The reason why this machine cannot have one; null if it can. */
export function noNamespace(): string | null {
  const load = [process.execPath, '-e', `import('bsd-sockets')`]
  const { status } = spawnSync(...inNamespace('0 2147483647', ...load), { cwd: root })
  return status === 0 ? null : 'no network namespace can be made here, or nobody may read this folder in it'
}
