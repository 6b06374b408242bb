#!lua name=waypost
-- version 1
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

-- keys: state, reply, events, outbox, due index, due slot
-- args: expected seq (4 bytes, '' = no state), state ('' = delete), reply ('' = keep), its ttl in
--       ms, event ('' = none), due ('' = keep, '0' = none, seconds), due member, slot name,
--       outbox entries...
-- Answers 1, or {state, reply} as they are when the seq is another.
local function commit(keys, args)
  local present = redis.call('GET', keys[1])
  if (present and string.sub(present, 1, 4) or '') ~= args[1] then
    return {present, redis.call('GET', keys[2])}
  end
  local wrong
  if args[9] then
    wrong = wrong_type(keys[4], 'stream')
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
  for i = 9, #args do
    redis.call('XADD', keys[4], '*', 'p', args[i])
  end
  if args[2] ~= '' then
    redis.call('SET', keys[1], args[2])
  else
    redis.call('DEL', keys[1], keys[2])
  end
  if args[3] ~= '' then
    redis.call('SET', keys[2], args[3], 'PX', args[4])
  end
  set_due(keys[5], keys[6], args[6], args[7], args[8])
  return 1
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

-- keys: due index; args: now in seconds, most numbers
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

-- keys: outbox, sending marks, events; args: group, event ('' = none), entry ids...
-- The event is added only by the call that removes the entry, so a repeated call adds none.
local function settle(keys, args)
  if args[2] ~= '' then
    local wrong = wrong_type(keys[1], 'stream') or wrong_type(keys[3], 'stream')
    if wrong then
      return wrong
    end
  end
  redis.call('SREM', keys[2], unpack(args, 3))
  local removed = redis.call('XDEL', keys[1], unpack(args, 3))
  redis.call('XACK', keys[1], args[1], unpack(args, 3))
  if removed > 0 and args[2] ~= '' then
    redis.call('XADD', keys[3], '*', 'p', args[2])
  end
  return removed
end

-- keys: outbox, sending marks; args: entry id
-- Answers 1 marked, 0 marked before, -1 no such entry.
local function mark(keys, args)
  if not redis.call('XRANGE', keys[1], args[1], args[1])[1] then
    return -1
  end
  return redis.call('SADD', keys[2], args[1])
end

-- allow-oom: what empties the streams must not wait for memory.
redis.register_function('waypost_commit', commit)
redis.register_function('waypost_restore', restore)
redis.register_function{function_name = 'waypost_due', callback = due, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_settle', callback = settle, flags = {'allow-oom'}}
redis.register_function{function_name = 'waypost_mark', callback = mark, flags = {'allow-oom'}}
