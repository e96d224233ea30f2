-- What Sereno does at a Redis server: one call of this script for each read, commit, grant, renewal, revocation or tick. The server runs
-- nothing else meanwhile, so a call is one moment.
--
-- KEYS  all in one slot, and never empty, so that Cluster can move them:
--   1 META     hash: rev (of the latest entry of the log), clock and shift (see `now`), run (the server process that wrote last), born (the
--              server's clock when that process took over), history (the replication id that the server had then) and layout (the number
--              of the layout of all this; docs/spec.md says what raises it)
--   2 ENTRIES  hash: directory NUL name -> "<createRevision> <modRevision> <lease> <value>"; lease is - for none
--   3 INDEX    sorted set, all scores 0: directory NUL name, so in the order of names
--   4 LOG      stream: every change has a revision, which is its id; p is the id before, so that a reader sees that it missed one
--   5 LEASES   sorted set: lease -> its deadline in microseconds of `now`; a lease is called "<id>:<ttl in ms>"
--   6 LEASED   sorted set, all scores 0: lease NUL directory NUL name, exactly the entries that have that lease
-- ARGV  1 operation, 2 run id of this server (empty if unknown), a blank, and when it began in microseconds (0 if unknown), 3 how many
--       entries of the log to keep, 4... of the operation
--
-- Redis takes nothing back when a script fails, so all that can fail comes before the first write.
local META, ENTRIES, INDEX, LOG, LEASES, LEASED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local operation, kept = ARGV[1], ARGV[3]
local run, began = string.match(ARGV[2], '^(%w*) (%d+)$')
local call = redis.call

-- The number of the layout of what this script writes.
local LAYOUT = '1'
local MAX_REVISION = 9007199254740991
-- Revisions rise by one in so many microseconds at least; see `following`.
local SLOWNESS = 1000
-- Where the clock of a process that takes over is behind the revisions that it knows, it goes on this much (1 min) after them, at least.
local JUMP = 60000000
-- How much later a step back of the clock lets leases end at most (5 s).
local PATIENCE = 5000000
-- The most entries that one call removes for leases that have ended: bounds how long it keeps the server from others.
local CHUNK = 256
-- How many arguments one command is given at most.
local BATCH = 500
-- How many records a read fetches before it looks at their size: bounds what it has in memory.
local RECORDS = 32

-- A write that changes nothing. It fails on a replica, which must not be read from, and where the operator's conditions for writes are not
-- met. Only what stores more fails for want of memory: after this line Redis asks for memory no more, and leases still end and are renewed.
if operation == 'grant' or (operation == 'commit' and ARGV[6] == '1') then
  call('ZADD', LEASES, 'XX', 0, '-')
else
  call('ZREM', LEASES, '-')
end

-- %.0f, since tostring() gives 14 digits and a revision has 16.
local function decimal(number)
  return string.format('%.0f', number)
end

local time = call('TIME')
local wall = time[1] * 1000000 + time[2]
local meta = call('HMGET', META, 'rev', 'clock', 'shift', 'run', 'born', 'history', 'layout')
-- The first tick on a connection says which layout its client knows: a namespace of another one is left as it is.
local layout = operation == 'tick' and ARGV[5]
if layout and meta[7] and meta[7] ~= layout then
  return {'V', meta[7]}
end
local rev = tonumber(meta[1] or 0)
local clock = tonumber(meta[2] or 0)
local shift = tonumber(meta[3] or 0)
local born = tonumber(meta[5] or 0)
-- Told by the first call of a connection only. It changes when a replica becomes the primary, also when it was the primary before.
local history = operation == 'tick' and ARGV[4] or ''

-- The clock of leases: the server's wall clock, but for steps back. It stands still until the wall clock is where it was, PATIENCE at most, so
-- that a clock that comes forward again ends no lease early; over the rest of a step it goes on as if nothing had happened.
shift = math.max(shift, clock - wall - PATIENCE)
local now = math.max(clock, wall + shift)

local function save()
  call('HSET', META, 'rev', decimal(rev), 'clock', decimal(now), 'shift', decimal(shift), 'run', run == '' and meta[4] or run)
end

-- The revision behind the latest one. A process begins with the time at which it took over, and counts. What a former one gave is less,
-- whatever of it was lost: it began earlier, and gives fewer than one in a microsecond. One that goes on beside its successor, as in a
-- split, gives less for the same reason. So revisions must not follow the clock; that they rise with a thousandth of its speed tells
-- apart what is given before and after a state came back that nobody noticed, as with a virtual machine that is restored.
local function following()
  return math.max(rev + 1, born + math.floor((wall - born) / SLOWNESS))
end

-- Takes a revision and tells the log.
local function append(...)
  local before = rev
  rev = following()
  call('XADD', LOG, 'MAXLEN', '~', kept, decimal(rev) .. '-0', 'p', decimal(before), ...)
end

-- Another process serves this namespace than the one that wrote last: it was restarted, or a replica was promoted, perhaps without what had
-- been acknowledged last, and perhaps with another clock.
local function begin()
  local latest = call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
  if latest then
    rev = math.max(rev, tonumber(string.match(latest[1], '^%d+')))
  end
  if wall > rev then
    rev = wall
  else
    -- The clock is wrong, so two processes that take over from one state may see the same time. They differ in their run ids.
    rev = rev + JUMP + (tonumber(string.sub(run, 1, 8), 16) or 0) % JUMP
  end
  born = wall
  -- Leases that had ended stay dead. The others live for a full ttl again, as a renewal may be among what was lost. None came after this
  -- process began if it is the former one, restarted; not so where it ran before the latest write that is known, which another one did then.
  local ended = clock
  shift, now = 0, wall
  local from = tonumber(began)
  if from <= clock or from > now then
    from = now
  end
  local leases = call('ZRANGE', LEASES, 0, -1, 'WITHSCORES')
  local deadlines = {'+inf', ''}
  for i = 1, #leases, 2 do
    local ttl = string.match(leases[i], ':(%d+)$')
    if ttl then
      local live = tonumber(leases[i + 1]) > ended
      deadlines[#deadlines + 1] = live and decimal(from + ttl * 1000) or '0'
      deadlines[#deadlines + 1] = leases[i]
    end
    if #deadlines >= BATCH then
      call('ZADD', LEASES, unpack(deadlines))
      deadlines = {'+inf', ''}
    end
  end
  call('ZADD', LEASES, unpack(deadlines))
  call('HSET', ENTRIES, '', '')
  call('ZADD', INDEX, 0, '')
  call('ZADD', LEASED, 0, '')
  append('b', '')
  save()
  -- The layout too: of a namespace that was emptied while clients were connected, none of them tells it again.
  call('HSET', META, 'born', decimal(born), 'history', history, 'layout', meta[7] or LAYOUT)
end

local function due()
  return call('ZRANGEBYSCORE', LEASES, '-inf', decimal(now), 'LIMIT', 0, 1)[1]
end

-- Removes entries of a lease that has ended, all of one directory, and tells the log.
local function remove(directory, keys, members)
  local names = {}
  for i, key in ipairs(keys) do
    names[i] = string.sub(key, #directory + 2)
  end
  call('ZREM', LEASED, unpack(members))
  call('ZREM', INDEX, unpack(keys))
  call('HDEL', ENTRIES, unpack(keys))
  append('d', directory, 'n', table.concat(names, '\0'))
end

-- Removes what leases that have ended left, up to CHUNK entries. Says whether there is more of it.
local function reap()
  local lease = due()
  if not lease then
    return false
  end
  local budget = CHUNK
  repeat
    local members = call('ZRANGEBYLEX', LEASED, '[' .. lease .. '\0', '(' .. lease .. '\1', 'LIMIT', 0, budget)
    local directory, keys, same = nil, {}, {}
    for _, member in ipairs(members) do
      local key = string.sub(member, #lease + 2)
      local path = string.match(key, '^[^%z]+')
      if path ~= directory then
        if directory then
          remove(directory, keys, same)
        end
        directory, keys, same = path, {}, {}
      end
      keys[#keys + 1] = key
      same[#same + 1] = member
    end
    if directory then
      remove(directory, keys, same)
    end
    if #members < budget then
      call('ZREM', LEASES, lease)
    end
    budget = budget - #members - 1
    lease = due()
  until not lease or budget <= 0
  if lease then
    append('m', '')
  end
  save()
  return lease ~= nil and lease ~= false
end

local function lives(lease)
  local deadline = call('ZSCORE', LEASES, lease)
  return deadline and tonumber(deadline) > now
end

local fresh = not meta[1] or not meta[5] or (run ~= '' and run ~= meta[4]) or (history ~= '' and history ~= meta[6])
if rev > MAX_REVISION - 3 * JUMP or wall > MAX_REVISION - 3 * JUMP then
  return redis.error_reply('ERR the revisions of this namespace have come to their end, 2^53')
end
if fresh then
  begin()
end
local backlog = reap()

-- What an entry is: its record and the parts of it, or nil. Entries of a lease that has ended are gone, also before they are removed.
-- A record that Sereno did not write has no parts; whoever reads it says so, and it can be deleted like others.
local known = {}
local function present(record)
  if not record then
    return nil
  end
  local create, mod, lease = string.match(record, '^(%d+) (%d+) (%S+) ')
  if backlog and lease and lease ~= '-' then
    if known[lease] == nil then
      known[lease] = lives(lease) or false
    end
    if not known[lease] then
      return nil
    end
  end
  return record, create, mod, lease
end

-- Reads behind a key, in the order of names, until `limit` entries are found or their size is more than `room`.
-- {whether there are more, name, record, name, record...}, or false for too large.
local function range(directory, behind, limit, room)
  local found, count = {0}, 0
  local from, to = '(' .. directory .. '\0' .. behind, '(' .. directory .. '\1'
  while true do
    local keys = call('ZRANGEBYLEX', INDEX, from, to, 'LIMIT', 0, math.min(RECORDS, limit - count + 1))
    if #keys == 0 then
      return found
    end
    local records = call('HMGET', ENTRIES, unpack(keys))
    for i, key in ipairs(keys) do
      local record = present(records[i])
      if record then
        if count == limit then
          found[1] = 1
          return found
        end
        count = count + 1
        local name = string.sub(key, #directory + 2)
        found[#found + 1] = name
        found[#found + 1] = record
        room = room - #name - #record
        if room < 0 then
          return false
        end
      end
    end
    from = '(' .. keys[#keys]
  end
end

-- A query is: 'all', 'one' or 'range', the directory, a name ('' for none), a limit, the greatest size; or 'none'.
local function query(at)
  local kind, directory, name = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if kind == 'none' then
    return {0}
  end
  if kind == 'one' then
    local record = present(call('HGET', ENTRIES, directory .. '\0' .. name))
    return record and {0, name, record} or {0}
  end
  return range(directory, name, tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
end

local operations = {}

-- 4... the query -> {'S', snapshot}
function operations.read()
  return {'S', 0, query(4)}
end

-- 4 directory, 5 lease ('' for none), 6 whether anything is put, 7 number of conditions, 8 number of writes, 9... conditions of three:
-- kind, name, revision; then writes of three: kind, name, value; then a query.
-- -> {'C', revision, snapshot}, {'X', 0, snapshot} for a conflict, {'L'} for a dead lease, {'B', 0, name, lease} for a binding that differs,
-- {'F', 0, name} for a record that Sereno did not write
function operations.commit()
  local directory, lease = ARGV[4], ARGV[5]
  local conditions, writes = tonumber(ARGV[7]), tonumber(ARGV[8])
  local first_write = 9 + 3 * conditions
  local first_query = first_write + 3 * writes
  if lease ~= '' and not lives(lease) then
    return {'L'}
  end
  local keys = {}
  for at = 9, first_query - 1, 3 do
    keys[#keys + 1] = directory .. '\0' .. ARGV[at + 1]
  end
  local records = #keys > 0 and call('HMGET', ENTRIES, unpack(keys)) or {}

  for i = 1, conditions do
    local at = 6 + 3 * i
    local kind, revision = ARGV[at], ARGV[at + 2]
    local record, create, mod = present(records[i])
    if record and not create then
      return {'F', 0, ARGV[at + 1]}
    end
    local holds
    if kind == 'absent' then
      holds = not record
    elseif kind == 'present' then
      holds = record
    elseif kind == 'create' then
      holds = create == revision
    else
      holds = mod == revision
    end
    if not holds then
      return {'X', 0, query(first_query)}
    end
  end

  local stored, indexed, leased, unleased, deleted, names = {}, {}, {}, {}, {}, {}
  local revision = decimal(following())
  for i = 1, writes do
    local at = first_write + 3 * (i - 1)
    local kind, name, key = ARGV[at], ARGV[at + 1], keys[conditions + i]
    local raw = records[conditions + i]
    local record, create, _, bound = present(raw)
    if kind == 'delete' then
      if record then
        deleted[#deleted + 1] = key
        names[#names + 1] = name
        if bound and bound ~= '-' then
          unleased[#unleased + 1] = bound .. '\0' .. key
        end
      end
    else
      local binding = kind == 'lease' and lease or '-'
      if record and not create then
        return {'F', 0, name}
      end
      if record and bound ~= binding then
        return {'B', 0, name, bound}
      end
      if raw and not record then
        -- Its lease has ended and its entry is not removed yet; the reaper is to leave the new one alone.
        unleased[#unleased + 1] = string.match(raw, '^%d+ %d+ (%S+) ') .. '\0' .. key
      end
      if not record then
        indexed[#indexed + 1] = 0
        indexed[#indexed + 1] = key
        if binding ~= '-' then
          leased[#leased + 1] = 0
          leased[#leased + 1] = binding .. '\0' .. key
        end
      end
      stored[#stored + 1] = key
      stored[#stored + 1] = (create or revision) .. ' ' .. revision .. ' ' .. binding .. ' ' .. ARGV[at + 2]
      names[#names + 1] = name
    end
  end
  if #names == 0 then
    return {'C', 0, query(first_query)}
  end
  if #unleased > 0 then call('ZREM', LEASED, unpack(unleased)) end
  if #deleted > 0 then
    call('HDEL', ENTRIES, unpack(deleted))
    call('ZREM', INDEX, unpack(deleted))
  end
  if #stored > 0 then call('HSET', ENTRIES, unpack(stored)) end
  if #indexed > 0 then call('ZADD', INDEX, unpack(indexed)) end
  if #leased > 0 then call('ZADD', LEASED, unpack(leased)) end
  append('d', directory, 'n', table.concat(names, '\0'))
  save()
  return {'C', rev, query(first_query)}
end

-- 4 lease, 5 ttl in ms -> {'G'}, or {'N'} if there is a lease of that name
function operations.grant()
  if call('ZSCORE', LEASES, ARGV[4]) then
    return {'N'}
  end
  call('ZADD', LEASES, decimal(now + ARGV[5] * 1000), ARGV[4])
  append('g', ARGV[5])
  save()
  return {'G'}
end

-- 4 lease, 5 ttl in ms -> {'G'}, or {'L'} if it is dead
function operations.renew()
  if not lives(ARGV[4]) then
    return {'L'}
  end
  call('ZADD', LEASES, decimal(now + ARGV[5] * 1000), ARGV[4])
  save()
  return {'G'}
end

-- 4 lease -> {'G'}
function operations.revoke()
  if call('ZSCORE', LEASES, ARGV[4]) then
    call('ZADD', LEASES, 0, ARGV[4])
    reap()
  end
  return {'G'}
end

-- 4 the replication id of the server and 5 the number of the layout that the client knows, with the first call of a connection
-- -> {'T', the latest revision, microseconds until the next lease ends, -1 for never, the server's clock}, or {'V', the number found} for
-- another layout
function operations.tick()
  if layout and not meta[7] then
    call('HSET', META, 'layout', layout)
  end
  local deadline = tonumber(call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')[2])
  if deadline == math.huge then
    return {'T', rev, -1, wall}
  end
  return {'T', rev, deadline <= now and 0 or deadline - wall - shift, wall}
end

return operations[operation]()
