/**
 * What the server does in one step each. All of them may be called again with the same arguments: whoever did not hear the
 * answer asks again. Each checks everything before its first write, for an error in a script's middle keeps what was written.
 * Answers are lists that begin with a word. Revisions are texts and compared for equality only: numbers of Lua end at 2^53.
 *
 * KEYS are those of `taskKeys`, but for the last script; behind them, where memberships change, the indexes of all segments that are known.
 */

/** m: the head's own fields; rev: '' where nothing was ever stored. Ends with `fenced` for any other owner. */
const OWNED = `
local m = redis.call('HMGET', KEYS[1], 'token', 'rev', 'chain', 'progress', 'profiles', 'dues', 'members')
if m[1] ~= ARGV[1] then return {'fenced'} end
local rev = m[2] or ''
`

/** n: numbers of profiles, dues and members. Ends with `lost` where they are not those that the chunks left. */
const WHOLE = `
local n = {redis.call('HLEN', KEYS[2]), redis.call('ZCARD', KEYS[3]), redis.call('HLEN', KEYS[4])}
for i = 1, 3 do
  if n[i] ~= tonumber(m[4 + i] or 0) then
    return {'lost', m[5] or '0', m[6] or '0', m[7] or '0', n[1], n[2], n[3]}
  end
end
`

/** Ends with `done` where the checkpoint (ARGV: token, after, rev, chain) is stored already, `stale` where it does not follow. */
const FOLLOWS = `
if rev ~= ARGV[2] then
  if rev == ARGV[3] and m[3] == ARGV[4] then return {'done'} end
  return {'stale'}
end
`

/**
 * ARGV: token, 'anew' or '', names of the indexes in KEYS. Returns {ok, rev, head, bundles}, the last three null in a fresh
 * state; {lost, …sizes}; {segment, name} where an index is missing among KEYS. `anew` deletes what is there first, once per token.
 */
const TAKE = `
local m = redis.call('HMGET', KEYS[1], 'token', 'rev', 'chain', 'progress', 'profiles', 'dues', 'members')
if ARGV[2] == 'anew' and m[1] ~= ARGV[1] then
  local known = {}
  for i = 3, #ARGV do known[ARGV[i]] = true end
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[5])) do
    if not known[name] then return {'segment', name} end
  end
  redis.call('UNLINK', unpack(KEYS))
  m = {}
end
${WHOLE}
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'progress', '')
local h = redis.call('HMGET', KEYS[1], 'rev', 'head', 'bundles')
return {'ok', h[1], h[2], h[3]}
`

/**
 * ARGV: token, two revisions one of which the state must have, due time behind which, dues wanted, profiles of dues at most,
 * users. Returns {ok, complete, profiles, [user, due, …], profiles of the first of these}.
 */
const READ = `
${OWNED}
if rev ~= ARGV[2] and rev ~= ARGV[3] then return {'moved', rev} end
${WHOLE}
local profiles, dues, sealed, complete = {}, {}, {}, ''
if #ARGV > 6 then profiles = redis.call('HMGET', KEYS[2], unpack(ARGV, 7, #ARGV)) end
local limit = tonumber(ARGV[5])
if limit > 0 then
  dues = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[4], '+inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
  if #dues <= 2 * limit then
    complete = 'inf'
  else
    local last = dues[2 * limit]
    local tied = dues[2 * limit + 2] == last
    dues[2 * limit + 2], dues[2 * limit + 1] = nil, nil
    if tied then
      local i = limit
      while i > 0 and dues[2 * i] == last do
        dues[2 * i], dues[2 * i - 1] = nil, nil
        i = i - 1
      end
      for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], last, last, 'WITHSCORES')) do
        dues[#dues + 1] = entry
      end
    end
    complete = redis.call('ZCOUNT', KEYS[3], '(' .. last, '+inf') == 0 and 'inf' or last
  end
  local users = {}
  for i = 1, math.min(#dues / 2, tonumber(ARGV[6])) do users[i] = dues[2 * i - 1] end
  if #users > 0 then sealed = redis.call('HMGET', KEYS[2], unpack(users)) end
end
return {'ok', complete, profiles, dues, sealed}
`

/**
 * One link of a checkpoint's chain. ARGV: token, after, rev, chain, number of this chunk from 1; lengths of five lists; names of
 * the indexes in KEYS; the lists, one after the other in one of MessagePack: pairs user, profile · pairs due, user · users without a due · pairs user, membership · their segments as places among the names · users without a membership.
 * Returns {ok, number of the last chunk that is stored}, or {segment, name} where a former segment's index is not among KEYS.
 */
const CHUNK = `
${OWNED}${FOLLOWS}${WHOLE}
local at, stored = tonumber(ARGV[5]), 0
if m[4] and m[4] ~= '' then
  local S, i = string.match(m[4], '^(%d+):(%d+)$')
  if S ~= ARGV[3] then return {'stale'} end
  stored = tonumber(i)
end
if stored >= at then return {'ok', stored} end
if stored ~= at - 1 then return {'stale'} end

local puts, due, undue, joins, leaves =
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local place = {}
for i = 6, #KEYS do place[ARGV[5 + i]] = i end
local items = cmsgpack.unpack(ARGV[6 + #KEYS])
local D = 2 * puts
local U = D + 2 * due
local J = U + undue
local S = J + 2 * joins
local L = S + joins

local enter, leave = {}, {}
if joins + leaves > 0 then
  for i = 6, #KEYS do enter[i], leave[i] = {}, {} end
  local users = {}
  for i = 1, joins do users[i] = items[J + 2 * i - 1] end
  for i = 1, leaves do users[joins + i] = items[L + i] end
  local members = redis.call('HMGET', KEYS[4], unpack(users))
  for i, user in ipairs(users) do
    local from, to
    if members[i] then
      local name = cjson.decode(members[i]).segment
      from = place[name]
      if not from then return {'segment', name} end
    end
    if i <= joins then to = 5 + tonumber(items[S + i]) end
    if from ~= to then
      if from then table.insert(leave[from], user) end
      if to then
        table.insert(enter[to], 0)
        table.insert(enter[to], user)
      end
    end
  end
end

if puts > 0 then n[1] = n[1] + redis.call('HSET', KEYS[2], unpack(items, 1, D)) end
if due > 0 then n[2] = n[2] + redis.call('ZADD', KEYS[3], unpack(items, D + 1, U)) end
if undue > 0 then n[2] = n[2] - redis.call('ZREM', KEYS[3], unpack(items, U + 1, J)) end
if joins > 0 then n[3] = n[3] + redis.call('HSET', KEYS[4], unpack(items, J + 1, S)) end
if leaves > 0 then n[3] = n[3] - redis.call('HDEL', KEYS[4], unpack(items, L + 1, #items)) end
if joins + leaves > 0 then
  for i = 6, #KEYS do
    if #leave[i] > 0 then redis.call('ZREM', KEYS[i], unpack(leave[i])) end
    if #enter[i] > 0 then
      redis.call('SADD', KEYS[5], ARGV[5 + i])
      redis.call('ZADD', KEYS[i], unpack(enter[i]))
    end
  end
end
redis.call('HSET', KEYS[1], 'progress', ARGV[3] .. ':' .. ARGV[5], 'profiles', n[1], 'dues', n[2], 'members', n[3])
return {'ok', at}
`

/**
 * The end of the chain. ARGV: token, after, rev, chain, number of chunks, head, bundles or '' to keep them, names of the indexes in
 * KEYS, users of whom nothing stays. Returns {ok}, or {segment, name} where the index of one of these is not among KEYS.
 */
const HEAD = `
${OWNED}${FOLLOWS}${WHOLE}
local wanted = ARGV[5] == '0' and '' or ARGV[3] .. ':' .. ARGV[5]
if (m[4] or '') ~= wanted then return {'stale'} end
local place, leave = {}, {}
for i = 6, #KEYS do place[ARGV[2 + i]], leave[i] = i, {} end
local F, some = 2 + #KEYS, 1000
for i = F + 1, #ARGV, some do
  local last = math.min(i + some - 1, #ARGV)
  for j, member in ipairs(redis.call('HMGET', KEYS[4], unpack(ARGV, i, last))) do
    if member then
      local name = cjson.decode(member).segment
      if not place[name] then return {'segment', name} end
      table.insert(leave[place[name]], ARGV[i + j - 1])
    end
  end
end
for i = F + 1, #ARGV, some do
  local last = math.min(i + some - 1, #ARGV)
  n[1] = n[1] - redis.call('HDEL', KEYS[2], unpack(ARGV, i, last))
  n[2] = n[2] - redis.call('ZREM', KEYS[3], unpack(ARGV, i, last))
  n[3] = n[3] - redis.call('HDEL', KEYS[4], unpack(ARGV, i, last))
end
for i = 6, #KEYS do
  for j = 1, #leave[i], some do
    redis.call('ZREM', KEYS[i], unpack(leave[i], j, math.min(j + some - 1, #leave[i])))
  end
end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'bundles', ARGV[7]) end
redis.call('HSET', KEYS[1], 'rev', ARGV[3], 'chain', ARGV[4], 'progress', '', 'head', ARGV[6],
  'profiles', n[1], 'dues', n[2], 'members', n[3])
return {'ok'}
`

/** KEYS: the app's layout. ARGV: partitions, scheme, partitioner, for where there is none yet. Returns those that hold. */
const META = `
for i, name in ipairs({'partitions', 'scheme', 'partitioner'}) do
  redis.call('HSETNX', KEYS[1], name, ARGV[i])
end
return redis.call('HMGET', KEYS[1], 'partitions', 'scheme', 'partitioner')
`

export const SCRIPTS = {
  segmentationMeta: { lua: META },
  segmentationTake: { lua: TAKE },
  segmentationRead: { lua: READ },
  segmentationChunk: { lua: CHUNK },
  segmentationHead: { lua: HEAD },
} as const
export type ScriptName = keyof typeof SCRIPTS
