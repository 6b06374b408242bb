#!lua name=waypost
-- version 25
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

-- Due times of a bucket lie in 64 small sorted sets ("slots"), which Redis keeps in its compact form; there a
-- member is looked for among all others. So a slot that has grown is split into 16 parts, its key is a string
-- from then on, and a part is named as its slot with one digit more. The index holds for each slot or part a
-- time that is not after its earliest one.
local SLOT_MOST = 128

-- The digit of a member's part: bits 7 to 10, the first six having chosen the slot.
local function part_digit(member)
  local first, second = string.byte(member, 1, 2)
  return string.format('%x', first % 4 * 4 + math.floor(second / 64))
end

-- The key that the due time of a member lies in, and its name in the index; else nil and the error reply. The
-- part is not among the keys of a caller that knows of none.
local function due_place(slot, part, member, name)
  local kind = redis.call('TYPE', slot).ok
  if kind == 'string' then
    local digit = part_digit(member)
    slot, name = part or slot .. digit, name .. digit
    kind = redis.call('TYPE', slot).ok
  end
  if kind ~= 'zset' and kind ~= 'none' then
    return nil, redis.error_reply('WRONGTYPE ' .. slot .. ' is a ' .. kind)
  end
  return slot, name
end

local function split(index, slot, name)
  local flat, parts = redis.call('ZRANGE', slot, 0, -1, 'WITHSCORES'), {}
  for i = 1, #flat, 2 do
    local digit = part_digit(flat[i])
    parts[digit] = parts[digit] or {}
    table.insert(parts[digit], flat[i + 1])
    table.insert(parts[digit], flat[i])
  end
  redis.call('SET', slot, 'split')
  redis.call('ZREM', index, name)
  for digit, members in pairs(parts) do
    redis.call('ZADD', slot .. digit, unpack(members))
    redis.call('ZADD', index, members[1], name .. digit)
  end
end

-- place, name: as due_place gave them; of a slot, not of a part, the name has two digits
local function set_due(index, place, due, member, name)
  if due == '0' then
    redis.call('ZREM', place, member)
  elseif due ~= '' then
    redis.call('ZADD', place, due, member)
    redis.call('ZADD', index, 'LT', due, name)
    if #name == 2 and redis.call('ZCARD', place) > SLOT_MOST then
      split(index, place, name)
    end
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

-- What a commit writes, once the seq was found right; keys and args as there, part that of the due slot.
local function write(keys, args, part)
  local wrong, place, name
  if args[12] then
    wrong = wrong_type(keys[4], 'stream')
  end
  if args[9] ~= '' then
    wrong = wrong or wrong_type(keys[7], 'string')
  end
  if args[6] ~= '' then
    place, name = due_place(keys[6], part, args[7], args[8])
    wrong = wrong or wrong_type(keys[5], 'zset') or not place and name
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
  set_due(keys[5], place, args[6], args[7], name)
  return 1
end

-- keys: state, reply, events, outbox, due index, due slot, what was seen, epoch of the bucket, part of the due slot
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
  return write(keys, args, keys[9])
end

-- keys: state, events; args: expected seq (4 bytes), state, event ('' = none)
-- The commit of most steps: somebody is known, and nothing but the state and the log changes. Answers 1,
-- or 0 when the seq is another.
local function step(keys, args)
  if redis.call('GETRANGE', keys[1], '0', '3') ~= args[1] then -- numbers would be printed, as doubles
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
  local values = {}
  for i, key in ipairs(keys) do
    values[i] = redis.call('GET', key) or ''
  end
  for i, key in ipairs(keys) do
    local window, n = string.match(values[i], '^(%d+) (%d+)')
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

-- keys: as in commit but for the last, the counter of the number, part of the due slot
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
  local done = write(keys, plain, keys[10])
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

-- keys: state, due index, due slot, its part; args: state, due, due member, slot name, as in commit
-- Answers 1 when written, 0 when the present state is as new or newer.
local function restore(keys, args)
  local present = redis.call('GET', keys[1])
  if present and struct.unpack('>I4', present) >= struct.unpack('>I4', args[1]) then
    return 0
  end
  local place, name = due_place(keys[3], keys[4], args[3], args[4])
  local wrong = wrong_type(keys[2], 'zset') or not place and name
  if wrong then
    return wrong
  end
  redis.call('SET', keys[1], args[1])
  set_due(keys[2], place, args[2], args[3], name)
  return 1
end

-- keys: state, due index, due slot, its part; args: due, due member, slot name, as in commit
-- A number that is known and not due before that is due then.
local function wake(keys, args)
  local place, name = due_place(keys[3], keys[4], args[2], args[3])
  local wrong = wrong_type(keys[2], 'zset') or not place and name
  if wrong then
    return wrong
  end
  local present = redis.call('ZSCORE', place, args[2])
  if redis.call('EXISTS', keys[1]) == 1 and not (present and tonumber(present) <= tonumber(args[1])) then
    set_due(keys[2], place, args[1], args[2], name)
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
-- nothing is due after all. Never more of the index than may be found: a thousand slots may be due at once.
local function due(keys, args)
  local found, n_passed, most = {}, 0, tonumber(args[2])
  repeat
    local names = redis.call('ZRANGE', keys[1], '-inf', args[1], 'BYSCORE', 'LIMIT', n_passed, most)
    for _, name in ipairs(names) do
      local slot = keys[1] .. ':' .. name
      local ids = redis.call('ZRANGE', slot, '-inf', args[1], 'BYSCORE', 'LIMIT', 0,
        most - #found / 2, 'WITHSCORES')
      for i = 1, #ids do
        found[#found + 1] = ids[i]
      end
      if #found >= 2 * most then
        return found
      end
      if #ids > 0 then
        n_passed = n_passed + 1
      else
        local first = redis.call('ZRANGE', slot, 0, 0, 'WITHSCORES')
        if first[1] then
          redis.call('ZADD', keys[1], first[2], name)
        else
          redis.call('ZREM', keys[1], name)
        end
      end
    end
  until #names < most
  return found
end

-- keys: due slot, its part; args: due member
-- Answers the due time, nothing when there is none.
local function due_at(keys, args)
  local place, wrong = due_place(keys[1], keys[2], args[1], '')
  return place and redis.call('ZSCORE', place, args[1]) or not place and wrong
end

-- ---- leases ----

-- Who has which share of the buckets, one hash for each kind of process. Fields: "now" the time of the
-- last call, "fence" the last number given out, "m OWNER" until when it counts as alive (ms), and for
-- each range that somebody has "r N": "FENCE LIFE OWNER". By this server's clock only. A fence is not below the time
-- in ms: the buckets, on other servers of a Cluster, know those of before this table was lost or is of an older copy.

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
  local time, n_alive = redis.call('TIME'), 0
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for _, till in pairs((lease_table(keys[2]))) do
    if till > now then
      n_alive = n_alive + 1
    end
  end
  redis.call('SET', keys[1], '1', 'PX', 60000)
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
  local mine, free, answer, last = 0, {}, {n_alive}, tonumber(fields.fence or 0)
  local function have(i, fence)
    mine = mine + 1
    answer[#answer + 1] = i
    answer[#answer + 1] = fence
  end
  local function take(i)
    last = math.max(last + 1, now)
    local fence = string.format('%.0f', last)
    redis.call('HSET', keys[1], 'fence', fence, 'r ' .. i, fence .. ' ' .. life .. ' ' .. owner)
    have(i, last)
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

-- Above 0 when a later owner has been here, below when this one is the latest.
local function fenced_by(key, kind, fence)
  return tonumber(redis.call('HGET', key, kind) or 0) - tonumber(fence)
end

local function remember(by, key, kind, fence)
  if by < 0 then
    redis.call('HSET', key, kind, fence)
  end
end

-- keys: fences of a bucket; args: kind of process, fence
-- From now on nothing with a lower fence is done in this bucket. Answers 1, or 0 when this one is too
-- low itself.
local function fence(keys, args)
  local by = fenced_by(keys[1], args[1], args[2])
  remember(by, keys[1], args[1], args[2])
  return by > 0 and 0 or 1
end

-- Notes by whom the request of this entry is about to leave. state: key of the number's state, nil where it is not
-- of this bucket. Answers the state as it is at this moment ('' = there is none) when the mark is the caller's,
-- now or before; 0 when it is somebody else's, -1 when there is no such entry, -2 when a later owner has been here.
local function mark(outbox, marks, fences, state, fence_no, id)
  local by = fenced_by(fences, 'sender', fence_no)
  if by > 0 then
    return -2
  end
  local value = state and redis.call('GET', state) or ''
  if not redis.call('XRANGE', outbox, id, id)[1] then
    return -1
  end
  local is_mine = redis.call('HSETNX', marks, id, fence_no) == 1 or redis.call('HGET', marks, id) == fence_no
  remember(by, fences, 'sender', fence_no)
  return is_mine and value or 0
end

-- keys: outbox, marks, fences of the bucket, state of the number (where it is of this bucket); args: fence, entry id
local function send_mark(keys, args)
  return mark(keys[1], keys[2], keys[3], keys[4], args[1], args[2])
end

-- Takes an entry away, with what is to be told of it: an event ('' = none); with the key of a state, place in it
-- (from 0), bytes that are there, bytes to put there, as many. Only the call that takes it away writes the rest,
-- so a repeated call does nothing. Answers 1 or 0, -1 when a later owner has been here.
local function settle(outbox, marks, fences, events, state, fence_no, id, event, at, before, after)
  local by = fenced_by(fences, 'sender', fence_no)
  if by > 0 then
    return -1
  end
  local has_before = state and redis.call('GETRANGE', state, at, tonumber(at) + #before - 1) == before
  local wrong = event ~= '' and wrong_type(events, 'stream') or wrong_type(marks, 'hash')
  if wrong then
    return wrong
  end
  local removed = redis.call('XDEL', outbox, id)
  remember(by, fences, 'sender', fence_no)
  if removed > 0 and event ~= '' then
    redis.call('XADD', events, '*', 'p', event)
  end
  if removed > 0 and has_before then
    redis.call('SETRANGE', state, at, after)
  end
  redis.call('HDEL', marks, id)
  return removed
end

-- keys: outbox, marks, fences of the bucket, events, perhaps the state of the number; args: fence, entry id,
-- event, and with a state place, before, after
local function send_settle(keys, args)
  return settle(keys[1], keys[2], keys[3], keys[4], keys[5], unpack(args))
end

-- What each word of `sends` does with what begins at keys[k] and args[a]; how many keys and arguments it takes.
local sendings = {
  m = {3, 2, function(keys, k, args, a)
    return mark(keys[k], keys[k + 1], keys[k + 2], nil, args[a], args[a + 1])
  end},
  M = {4, 2, function(keys, k, args, a)
    return mark(keys[k], keys[k + 1], keys[k + 2], keys[k + 3], args[a], args[a + 1])
  end},
  s = {4, 3, function(keys, k, args, a)
    return settle(keys[k], keys[k + 1], keys[k + 2], keys[k + 3], nil, args[a], args[a + 1], args[a + 2])
  end},
  S = {5, 6, function(keys, k, args, a)
    return settle(keys[k], keys[k + 1], keys[k + 2], keys[k + 3], keys[k + 4], unpack(args, a, a + 5))
  end},
}

-- keys: of each mark or settlement, as in send_mark and send_settle; args: of each its word, then as there
-- Many of them in one call, of one bucket or, where there is no Cluster, of several. What is wrong with one of
-- them does not keep the others. Answers what each answers, or its error.
local function sends(keys, args)
  local answers, k, a = {}, 1, 1
  while args[a] do
    local sending = sendings[args[a]]
    local is_done, answer = pcall(sending[3], keys, k, args, a + 1)
    answers[#answers + 1] = is_done and answer or redis.error_reply(answer)
    k, a = k + sending[1], a + 1 + sending[2]
  end
  return answers
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
redis.register_function{function_name = 'waypost_log_end', callback = log_end, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_log_size', callback = log_size, flags = {'allow-oom'}}
redis.register_function('waypost_log_delete', log_delete)
redis.register_function{function_name = 'waypost_read', callback = read, flags = {'no-writes', 'allow-cross-slot-keys'}}
redis.register_function{function_name = 'waypost_due', callback = due, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_due_at', callback = due_at, flags = {'no-writes'}}
redis.register_function{function_name = 'waypost_own', callback = own, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_disown', callback = disown, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_fence', callback = fence, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_send_mark', callback = send_mark, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_send_settle', callback = send_settle, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_sends', callback = sends, flags = {'allow-oom'}}
