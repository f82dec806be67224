// How processes are measured from outside.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS = Number(execFileSync('getconf', ['CLK_TCK']))

/** CPU of a process so far, µs; the clock ticks of Linux are usually 10 ms. */
export function cpuOf(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13)
  return ((Number(user) + Number(system)) * 1e6) / TICKS
}

/** Largest resident size of a process so far, MiB. */
export const peakOf = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** CPU of the Redis server so far, µs. */
export async function redisCpu(redis) {
  const info = await redis.info('cpu')
  const read = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0)
  return (read('used_cpu_user') + read('used_cpu_sys')) * 1e6
}

/** Bytes of keys, by the last part of their names. */
export async function redisBytes(redis, app) {
  const parts = {}
  for (const key of await redis.keys(`{${app}:*}:*`)) {
    const name = key.split('}:')[1].replace(/^in:.*/, 'index')
    parts[name] = (parts[name] ?? 0) + Number(await redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'))
  }
  return parts
}

export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(q * (sorted.length - 1))]
}

export const number = (n, digits = 0) =>
  Number.isFinite(n)
    ? n.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–'
