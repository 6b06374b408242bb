#!lua name=waypost
-- version 20
--
-- The Redis Functions of store_hiredis.c: what has to happen in one step on one bucket's keys.
-- A connection loads this library when the server has none or one of a lower version (of the same
-- version: when the text differs), so raise the number with every change. Gateways of two versions
-- may run side by side: a function keeps its arguments and its meaning for ever, a new meaning gets
-- a new name.
--
-- Lua does not roll back. Every type is checked before the first write; one check is left out where
-- the first write itself fails on a wrong type and so leaves nothing behind.

-- An error reply when the key is of another type, nil when it is right or missing.
local function wrong_type(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found)
  end
end

-- Due times of a bucket lie in 64 small sorted sets ("slots"), which Redis keeps in its compact form.
-- The index holds for each slot a time that is not after its earliest one.
local function set_due(index, slot, due, member, slot_name)
  if due == '0' then
    redis.call('ZREM', slot, member)
  elseif due ~= '' then
    redis.call('ZADD', slot, due, member)
    redis.call('ZADD', index, 'LT', due, slot_name)
  end
end

-- A server that has lost its data knows nobody, and everybody who writes would be a stranger to it. So
-- where no state is found, the bucket must show the epoch that the caller knows ('' = it knows none).
local function is_lost(present, key, epoch)
  return not present and epoch ~= '' and redis.call('GET', key) ~= epoch
end

local function lost()
  return redis.error_reply('FENCED this server has not the data of the epoch')
end

-- What a commit writes, once the seq was found right; keys and args as there.
local function write(keys, args)
  local wrong
  if args[12] then
    wrong = wrong_type(keys[4], 'stream')
  end
  if args[9] ~= '' then
    wrong = wrong or wrong_type(keys[7], 'string')
  end
  if args[6] ~= '' then
    wrong = wrong or wrong_type(keys[5], 'zset') or wrong_type(keys[6], 'zset')
  end
  if wrong then
    return wrong
  end
  if args[5] ~= '' then
    redis.call('XADD', keys[3], '*', 'p', args[5])
  end
  for i = 12, #args do
    redis.call('XADD', keys[4], '*', 'p', args[i])
  end
  if args[2] ~= '' then
    redis.call('SET', keys[1], args[2])
  else
    redis.call('DEL', keys[1], keys[2], keys[7])
  end
  if args[3] ~= '' then
    redis.call('SET', keys[2], args[3], 'PX', args[4])
  end
  if args[10] ~= '' then
    redis.call('SET', keys[7], args[9], 'PX', args[10])
  elseif args[9] ~= '' then
    redis.call('APPEND', keys[7], args[9])
  end
  set_due(keys[5], keys[6], args[6], args[7], args[8])
  return 1
end

-- keys: state, reply, events, outbox, due index, due slot, what was seen, epoch of the bucket
-- args: expected seq (4 bytes, '' = no state), state ('' = delete), reply ('' = keep), its ttl in
--       ms, event ('' = none), due ('' = keep, '0' = none, seconds), due member, slot name,
--       what was seen ('' = nothing new), its ttl in ms if that is all of it ('' = it is appended),
--       epoch, outbox entries...
-- Answers 1, or {state, reply, seen} as they are when the seq is another.
local function commit(keys, args)
  local present = redis.call('GET', keys[1])
  if is_lost(present, keys[8], args[11]) then
    return lost()
  end
  if (present and string.sub(present, 1, 4) or '') ~= args[1] then
    return {present, redis.call('GET', keys[2]), redis.call('GET', keys[7])}
  end
  return write(keys, args)
end

-- keys: state, events; args: expected seq (4 bytes), state, event ('' = none)
-- The commit of most steps: somebody is known, and nothing but the state and the log changes. Answers 1,
-- or 0 when the seq is another.
local function step(keys, args)
  if redis.call('GETRANGE', keys[1], 0, 3) ~= args[1] then
    return 0
  end
  if args[3] ~= '' then
    redis.call('XADD', keys[2], '*', 'p', args[3])
  end
  redis.call('SET', keys[1], args[2])
  return 1
end

-- A counter is "window n", the window being the number of the hour or day by this server's clock. It
-- never goes back, so that a clock that does opens no cap.
local function counter(value, now, window_s)
  local window, n = string.match(value, '^(%d+) (%d+)')
  window, n = tonumber(window or 0), tonumber(n or 0)
  local current = math.floor(now / window_s)
  if current > window then
    return current, 0
  end
  return window, n
end

-- keys: counters; args: units, limit and window in seconds of each
-- Takes the units of all counters, or of none. Answers the windows in which they were taken, or the
-- place (from 1) of the first counter that has no room.
local function lease(keys, args)
  local now = tonumber(redis.call('TIME')[1])
  local windows, values = {}, {}
  for i, key in ipairs(keys) do
    local window, n = counter(redis.call('GET', key) or '', now, tonumber(args[3 * i]))
    n = n + tonumber(args[3 * i - 2])
    if n > tonumber(args[3 * i - 1]) then
      return i
    end
    windows[i] = window
    values[i] = string.format('%d %d', window, n)
  end
  for i, key in ipairs(keys) do
    redis.call('SET', key, values[i], 'EX', 2 * tonumber(args[3 * i]))
  end
  return windows
end

-- keys: counters; args: units, window number and window in seconds of each
-- Gives back what was taken and not used, unless its window is over.
local function give_back(keys, args)
  for i, key in ipairs(keys) do
    local window, n = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)')
    if window == args[3 * i - 1] then
      redis.call('SET', key, string.format('%s %d', window, tonumber(n) - tonumber(args[3 * i - 2])),
        'KEEPTTL')
    end
  end
  return 1
end

-- What is counted of one number: "day n exchange k since", n messages on that day, and an exchange (a
-- hash of what was said) that has come k times since then.
local function number_counter(key, now, exchange, loop_window_s)
  local value = redis.call('GET', key) or ''
  local day, n = counter(value, now, 86400)
  local last, k, since = string.match(value, '^%d+ %d+ (%d+) (%d+) (%d+)$')
  k, since = tonumber(k or 0), tonumber(since or 0)
  if last ~= exchange or now - since >= loop_window_s then
    k, since = 0, now
  end
  return day, n, k, since
end

-- As a text in a record of the event log (docs/events.md).
local function text(s)
  return string.char(#s) .. s
end

-- keys: as in commit, then the counter of the number
-- args: messages, most of them a day, exchange ('0' = none), how often it may come, within seconds,
--       who has refused already ('' = nobody), an event if a cap is against the messages, an event if
--       none is ('' = no event), both without their end: the id of a message, and the name of the cap;
--       then as in commit
-- As commit, but the outbox entries are added only when no cap is against it. Otherwise the rest of
-- the commit takes place without its reply. The id in the event is one that no other message has.
-- Answers as commit, 2 when the number has had enough, 3 for an exchange that goes in circles, 4
-- when it was refused already.
local function commit_capped(keys, args)
  local present = redis.call('GET', keys[1])
  if is_lost(present, keys[8], args[19]) then
    return lost()
  end
  if (present and string.sub(present, 1, 4) or '') ~= args[9] then
    return {present, redis.call('GET', keys[2]), redis.call('GET', keys[7])}
  end
  local now = tonumber(redis.call('TIME')[1])
  local day, n, k, since = number_counter(keys[9], now, args[3], tonumber(args[5]))
  local answer, refused = 1, args[6]
  if refused ~= '' then
    answer = 4
  elseif args[3] ~= '0' and k >= tonumber(args[4]) then
    answer, refused = 3, 'loop'
  elseif n + tonumber(args[1]) > tonumber(args[2]) then
    answer, refused = 2, 'number'
  end
  local event = answer == 1 and args[8] or args[7]
  if event ~= '' then
    local wrong = wrong_type(keys[3], 'stream') or wrong_type(keys[4], 'stream')
    if wrong then
      return wrong
    end
  end
  local plain = {unpack(args, 9, answer == 1 and #args or 19)}
  if answer ~= 1 then
    plain[3] = ''
  end
  local done = write(keys, plain)
  if done ~= 1 then
    return done
  end
  if event ~= '' then
    local id = redis.call('XADD', keys[4], '*', 'p', '')
    redis.call('XDEL', keys[4], id)
    redis.call('XADD', keys[3], '*', 'p', event .. text(id) .. text(refused))
  end
  if answer == 1 then
    n = n + tonumber(args[1])
  end
  redis.call('SET', keys[9], string.format('%d %d %s %d %d', day, n, args[3], k + 1, since), 'EX',
    math.max(172800, tonumber(args[5])))
  return answer
end

-- keys: state, due index, due slot; args: state, due, due member, slot name, as in commit
-- Answers 1 when written, 0 when the present state is as new or newer.
local function restore(keys, args)
  local present = redis.call('GET', keys[1])
  if present and struct.unpack('>I4', present) >= struct.unpack('>I4', args[1]) then
    return 0
  end
  local wrong = wrong_type(keys[2], 'zset') or wrong_type(keys[3], 'zset')
  if wrong then
    return wrong
  end
  redis.call('SET', keys[1], args[1])
  set_due(keys[2], keys[3], args[2], args[3], args[4])
  return 1
end

-- keys: state, due index, due slot; args: due, due member, slot name, as in commit
-- A number that is known and not due before that is due then.
local function wake(keys, args)
  local wrong = wrong_type(keys[2], 'zset') or wrong_type(keys[3], 'zset')
  if wrong then
    return wrong
  end
  local present = redis.call('ZSCORE', keys[3], args[2])
  if redis.call('EXISTS', keys[1]) == 1 and not (present and tonumber(present) <= tonumber(args[1])) then
    set_due(keys[2], keys[3], args[1], args[2], args[3])
  end
  return 1
end

-- keys: certificate; args: what is said of it, until when in seconds
-- One that was revoked ("R...") stays so: what comes later is older.
local function certificate_put(keys, args)
  local present = redis.call('GET', keys[1])
  if not present or string.sub(present, 1, 1) ~= 'R' then
    redis.call('SET', keys[1], args[1], 'EXAT', args[2])
  end
  return 1
end

-- keys: certificate, epoch of its bucket; args: epoch
-- Answers what is said of it, nothing when there is none of this code.
local function certificate(keys, args)
  local present = redis.call('GET', keys[1])
  if is_lost(present, keys[2], args[1]) then
    return lost()
  end
  return present
end

-- Changes whenever the server starts: what it has then may be older than what it had.
local function server_life()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- keys: epoch
-- Answers the epoch, '' when there is none, and 1 when it was opened in this life of the server.
local function epoch(keys)
  local number, life = string.match(redis.call('GET', keys[1]) or '', '^(%d+) (%x+)$')
  return {number or '', number and life == server_life() and 1 or 0}
end

-- keys: epoch; args: the epoch that this server has the data of
local function epoch_open(keys, args)
  redis.call('SET', keys[1], args[1] .. ' ' .. server_life())
  return 1
end

-- What XINFO says of a stream; of none, what it would say of an empty one.
local function stream_facts(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  local facts = {length = 0, ['entries-added'] = 0, ['recorded-first-entry-id'] = '0-0', ['last-generated-id'] = '0-0'}
  for i = 1, info.err and 0 or #info, 2 do
    facts[info[i]] = info[i + 1]
  end
  return facts
end

-- keys: events
-- Answers the id of the last entry that ever was there.
local function log_end(keys)
  return stream_facts(keys[1])['last-generated-id']
end

-- keys: events
-- Answers how many entries ever were added, how many are there, the first of them, and the last that ever was there.
local function log_size(keys)
  local facts = stream_facts(keys[1])
  return {facts['entries-added'], facts.length, facts['recorded-first-entry-id'], facts['last-generated-id']}
end

-- keys: state; args: place (from 0), bytes that are there, bytes to put there, as many
-- Answers 1 when they were there.
local function patch(keys, args)
  local at = tonumber(args[1])
  if redis.call('GETRANGE', keys[1], at, at + #args[2] - 1) ~= args[2] then
    return 0
  end
  redis.call('SETRANGE', keys[1], at, args[3])
  return 1
end

-- keys: message, messages that wait; args: its name among those, part, parts, mark (16 bytes), value,
--       seconds to wait for the others, seconds to keep it, most messages that may wait
-- Answers 1 kept, 2 not kept, or all values when all are there.
local function part_put(keys, args)
  local wrong = wrong_type(keys[1], 'hash') or wrong_type(keys[2], 'zset')
  if wrong then
    return wrong
  end
  local of, n = tonumber(args[3]), redis.call('HLEN', keys[1])
  local present = redis.call('HGET', keys[1], args[2])
  if present and string.sub(present, 1, 16) ~= args[4] then
    if n < of then
      return 2
    end
    redis.call('DEL', keys[1])
    present, n = nil, 0
  end
  if n == 0 then
    if redis.call('ZCARD', keys[2]) >= tonumber(args[8]) then
      return 2
    end
    redis.call('ZADD', keys[2], redis.call('TIME')[1] + args[6], args[1])
  end
  if not present then
    redis.call('HSET', keys[1], args[2], args[4] .. args[5])
    n = n + 1
  end
  redis.call('EXPIRE', keys[1], args[7])
  if n < of then
    return 1
  end
  local values = {}
  for i = 1, of do
    values[i] = string.sub(redis.call('HGET', keys[1], i), 17)
  end
  return values
end

-- keys: messages that wait, one that is never there (see due); args: what stands before a name in the key of a message
-- Answers nothing, or the name of the first whose time is over, and number and value of its parts.
local function parts_overdue(keys, args)
  local now = redis.call('TIME')[1]
  for _, name in ipairs(redis.call('ZRANGE', keys[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
    local parts = redis.call('HGETALL', args[1] .. name)
    if parts[1] then
      for i = 2, #parts, 2 do
        parts[i] = string.sub(parts[i], 17)
      end
      table.insert(parts, 1, name)
      return parts
    end
    redis.call('ZREM', keys[1], name)
  end
  return {}
end

-- Where a slot is on its way to another server of a Cluster, its keys are seen by halves: missing here may
-- be there already. A command that names two keys is refused then as long as one of them is missing; so a
-- function that goes by what is missing names a key besides that is never there.

-- no keys; args: most entries of each, then stream and place of each that this server has
-- XREAD of streams in many slots. Answers how many lie elsewhere, and what XREAD would.
local function read(_, args)
  local n_elsewhere, streams = 0, {}
  for i = 2, #args, 2 do
    local found = redis.pcall('XREAD', 'COUNT', args[1], 'STREAMS', args[i], args[i + 1])
    if found and found.err then
      n_elsewhere = n_elsewhere + 1
    elseif found then
      streams[#streams + 1] = found[1]
    end
  end
  return {n_elsewhere, streams}
end

-- keys: due index, one that is never there; args: now in seconds, most numbers
-- Answers member and due time for each number that is due, and moves the index up for slots in which
-- nothing is due after all.
local function due(keys, args)
  local found = {}
  for _, name in ipairs(redis.call('ZRANGE', keys[1], '-inf', args[1], 'BYSCORE')) do
    local slot = keys[1] .. ':' .. name
    local ids = redis.call('ZRANGE', slot, '-inf', args[1], 'BYSCORE', 'LIMIT', 0, args[2],
      'WITHSCORES')
    for i = 1, #ids do
      found[#found + 1] = ids[i]
    end
    if #ids == 0 then
      local first = redis.call('ZRANGE', slot, 0, 0, 'WITHSCORES')
      if first[1] then
        redis.call('ZADD', keys[1], first[2], name)
      else
        redis.call('ZREM', keys[1], name)
      end
    end
    if #found >= 2 * tonumber(args[2]) then
      break
    end
  end
  return found
end

-- ---- leases ----

-- Who has which share of the buckets, one hash for each kind of process. Fields: "now" the time of the
-- last call, "fence" the last number given out, "m OWNER" until when it counts as alive (ms), and for
-- each range that somebody has "r N": "FENCE LIFE OWNER". By this server's clock only.

local function lease_table(key)
  local flat, members, fields = redis.call('HGETALL', key), {}, {}
  for i = 1, #flat, 2 do
    local owner = string.match(flat[i], '^m (.*)$')
    if owner then
      members[owner] = tonumber(flat[i + 1])
    else
      fields[flat[i]] = flat[i + 1]
    end
  end
  return members, fields
end

-- keys: a note of no meaning, leases. Refused as any write when memory is short or the disk fails.
-- Answers the server's time and how many owners are alive.
local function probe(keys)
  redis.call('SET', keys[1], '1', 'PX', 60000)
  local time, n_alive = redis.call('TIME'), 0
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, till in pairs((lease_table(keys[2]))) do
    if till > now then
      n_alive = n_alive + 1
    end
  end
  return {time[1], time[2], n_alive}
end

-- keys: leases; args: owner, its life, for how long (ms), how many ranges there are
-- Keeps what the owner has, for this life of its, and takes what nobody alive has, up to an equal
-- share. When nobody has called for long, the server was away: then everybody counts as alive once
-- more. Answers how many owners are alive, and number and fence of each range that it has now.
local function own(keys, args)
  local owner, life, ttl, n = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local members, fields = lease_table(keys[1])
  local was_away = now - tonumber(fields.now or 0) > ttl / 2
  members[owner] = now + ttl
  for name, till in pairs(members) do
    if was_away and till < now + ttl then
      members[name] = now + ttl
      redis.call('HSET', keys[1], 'm ' .. name, now + ttl)
    elseif till <= now then
      members[name] = nil
      redis.call('HDEL', keys[1], 'm ' .. name)
    end
  end
  local n_alive = 0
  for _ in pairs(members) do
    n_alive = n_alive + 1
  end
  redis.call('HSET', keys[1], 'm ' .. owner, now + ttl, 'now', now)
  local mine, free, answer = 0, {}, {n_alive}
  local function have(i, fence)
    mine = mine + 1
    answer[#answer + 1] = i
    answer[#answer + 1] = fence
  end
  local function take(i)
    local fence = redis.call('HINCRBY', keys[1], 'fence', 1)
    redis.call('HSET', keys[1], 'r ' .. i, fence .. ' ' .. life .. ' ' .. owner)
    have(i, fence)
  end
  for i = 0, n - 1 do
    local fence, its_life, its_owner = string.match(fields['r ' .. i] or '', '^(%d+) (%S+) (.*)$')
    if its_owner == owner and its_life == life then
      have(i, tonumber(fence))
    elseif its_owner == owner then
      take(i)
    elseif not its_owner or not members[its_owner] then
      free[#free + 1] = i
    end
  end
  for _, i in ipairs(free) do
    if mine < math.ceil(n / n_alive) then
      take(i)
    end
  end
  return answer
end

-- keys: leases; args: owner, its life, '1' = it leaves, ranges...
-- Gives ranges back that this life of the owner has.
local function disown(keys, args)
  for i = 4, #args do
    local _, life, owner = string.match(redis.call('HGET', keys[1], 'r ' .. args[i]) or '', '^(%d+) (%S+) (.*)$')
    if owner == args[1] and life == args[2] then
      redis.call('HDEL', keys[1], 'r ' .. args[i])
    end
  end
  if args[3] == '1' then
    redis.call('HDEL', keys[1], 'm ' .. args[1])
  end
  return 1
end

-- True when a later owner has been here; remembers the latest.
local function is_fenced(key, kind, fence)
  local last = tonumber(redis.call('HGET', key, kind) or 0)
  if last < tonumber(fence) then
    redis.call('HSET', key, kind, fence)
  end
  return last > tonumber(fence)
end

-- keys: fences of a bucket; args: kind of process, fence
-- From now on nothing with a lower fence is done in this bucket. Answers 1, or 0 when this one is too
-- low itself.
local function fence(keys, args)
  return is_fenced(keys[1], args[1], args[2]) and 0 or 1
end

-- keys: outbox, marks, fences of the bucket, state of the number (where it is of this bucket); args: fence, entry id
-- Notes by whom the request of this entry is about to leave. Answers the state as it is at this moment ('' =
-- there is none) when the mark is the caller's, now or before; 0 when it is somebody else's, -1 when there
-- is no such entry, -2 when a later owner has been here.
local function send_mark(keys, args)
  if is_fenced(keys[3], 'sender', args[1]) then
    return -2
  end
  if not redis.call('XRANGE', keys[1], args[2], args[2])[1] then
    return -1
  end
  if redis.call('HSETNX', keys[2], args[2], args[1]) == 0 and redis.call('HGET', keys[2], args[2]) ~= args[1] then
    return 0
  end
  return keys[4] and redis.call('GET', keys[4]) or ''
end

-- keys: outbox, marks, fences of the bucket, events, perhaps the state of the number; args: fence, entry id,
-- event ('' = none); with a state, place in it (from 0), bytes that are there, bytes to put there, as many
-- Takes an entry away, with what is to be told of it. Only the call that takes it away writes the rest, so a
-- repeated call does nothing. Answers 1 or 0, -1 when a later owner has been here.
local function send_settle(keys, args)
  if is_fenced(keys[3], 'sender', args[1]) then
    return -1
  end
  local wrong = args[3] ~= '' and wrong_type(keys[4], 'stream') or keys[5] and wrong_type(keys[5], 'string')
  if wrong then
    return wrong
  end
  local removed = redis.call('XDEL', keys[1], args[2])
  if removed > 0 and args[3] ~= '' then
    redis.call('XADD', keys[4], '*', 'p', args[3])
  end
  if removed > 0 and keys[5] then
    patch({keys[5]}, {unpack(args, 4)})
  end
  redis.call('HDEL', keys[2], args[2])
  return removed
end

-- allow-oom: what empties the streams must not wait for memory.
-- keys: events, a name beside it; args: how many entries a bucket may have to be written anew, ids to go...
-- XDEL alone leaves the bytes where they are, in memory and in the server's files, until all of their neighbours go.
-- A small bucket is written anew without them; in a big one they go with their age.
local function log_delete(keys, args)
  local wrong = wrong_type(keys[1], 'stream')
  if wrong then
    return wrong
  end
  redis.call('XDEL', keys[1], unpack(args, 2))
  local n = redis.call('XLEN', keys[1])
  if n == 0 or n > tonumber(args[1]) then
    return 0
  end
  local last = log_end(keys)
  redis.call('DEL', keys[2])
  for _, entry in ipairs(redis.call('XRANGE', keys[1], '-', '+')) do
    redis.call('XADD', keys[2], entry[1], unpack(entry[2]))
  end
  redis.call('XSETID', keys[2], last)
  redis.call('RENAME', keys[2], keys[1])
  return 1
end

redis.register_function('waypost_commit', commit)
redis.register_function('waypost_step', step)
redis.register_function('waypost_commit_capped', commit_capped)
redis.register_function('waypost_lease', lease)
redis.register_function{function_name = 'waypost_give_back', callback = give_back, flags = {'allow-oom'}}
redis.register_function('waypost_part_put', part_put)
redis.register_function{function_name = 'waypost_parts_overdue', callback = parts_overdue, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_patch', callback = patch, flags = {'allow-oom'}}
redis.register_function('waypost_restore', restore)
redis.register_function('waypost_wake', wake)
redis.register_function('waypost_certificate_put', certificate_put)
redis.register_function{function_name = 'waypost_certificate', callback = certificate, flags = {'allow-oom'}}
redis.register_function('waypost_probe', probe)
redis.register_function{function_name = 'waypost_epoch', callback = epoch, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_epoch_open', callback = epoch_open, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_log_end', callback = log_end, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_log_size', callback = log_size, flags = {'allow-oom'}}
redis.register_function('waypost_log_delete', log_delete)
redis.register_function{function_name = 'waypost_read', callback = read, flags = {'no-writes', 'allow-cross-slot-keys'}}
redis.register_function{function_name = 'waypost_due', callback = due, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_own', callback = own, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_disown', callback = disown, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_fence', callback = fence, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_send_mark', callback = send_mark, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_send_settle', callback = send_settle, flags = {'allow-oom'}}
