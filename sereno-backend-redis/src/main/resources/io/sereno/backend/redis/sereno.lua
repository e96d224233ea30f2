-- The part of Sereno that runs in the Redis server. Each read, commit, grant, renewal, revocation and tick is one call of this script. The
-- server runs nothing else during a call, so a call is atomic.
--
-- KEYS  all in one slot, and never empty, so that Cluster can move them:
--   1 META     hash: revision (the latest), clock and shift (see `now`), run (the server process that wrote last), born (the server's clock
--              when that process took over), history (see below), reapers (see `is_reaper`), layout (the number of the layout of all this;
--              docs/spec.md says what raises it) and rev (see CLOSED)
--   2 ENTRIES  hash: directory NUL name -> "<createRevision> <modRevision> <lease> <value>"; lease is - for none
--   3 INDEX    sorted set, all scores 0: directory NUL name, so in the order of names
--   4 LEASES   sorted set: lease -> its deadline in microseconds of `now`; the name of a lease is "<id>:<ttl in ms>"
--   5 LEASED   sorted set, all scores 0: lease NUL directory NUL name, exactly the entries that have that lease
-- ARGV  1 operation, 2 run id of this server (empty if unknown), a blank, and when it began in microseconds (0 if unknown), 3... of the
--       operation
-- Channels, with the prefix of the keys, in their slot:
--   :<directory>            "<revision> <name>", several names with NUL between them: the entries that a change put or deleted
--   :<directory> NUL <name> "<revision>": the same for watches of one entry
--   all                     empty: what was read before may be lost, so all watches get a reset
--   reapers                "<microseconds>": the next lease ends after this time
--
-- Redis does not roll back a script that fails, so everything that can fail comes before the first write.
--
-- Each call of the script makes its functions anew, and a function takes the longer the more variables of the script it uses. So there are
-- functions for what most calls need or what is needed in several places; everything else stands where it happens.
local META, ENTRIES, INDEX, LEASES, LEASED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local operation = ARGV[1]
local prefix = string.sub(META, 1, -5)
local run, began = string.match(ARGV[2], '^(%w*) (%d+)$')
local call = redis.call

-- The number of the layout that this script writes.
local LAYOUT = '2'
-- Layout 1 had a log of changes, which all clients read, and its revision in the field rev. A client of layout 1 that is connected during
-- the conversion continues with its own script. That script refuses every call before it writes if rev is CLOSED.
local FORMER, CLOSED = '1', '9007199254740992'
local MAX_REVISION = 9007199254740991
-- Revisions rise by at least one in this many microseconds; see `change`.
local SLOWNESS = 1000
-- If the clock of a process that takes over is behind the stored revision, its revisions begin at least this much (1 min) after the stored
-- one.
local JUMP = 60000000
-- How much later leases end after a step back of the clock, at most (5 s).
local PATIENCE = 5000000
-- The most entries of ended leases that one call removes. This bounds how long a call blocks the server.
local CHUNK = 256
-- The least time (5 ms) in which a server can load another primary's state and become the primary again; see `history`.
local QUIET = 5000
-- The most arguments of one command.
local BATCH = 500
-- The number of reapers, the clients that wake up for the end of a lease. A reaper that has not ticked for TERM microseconds, a little
-- longer than the 5 s between two ticks, can be replaced.
local REAPERS, TERM = 5, 6000000
-- How many records a read fetches before it checks their size. This bounds its memory.
local RECORDS = 32

-- A write that changes nothing. It fails on a replica, which must not serve reads, and if the operator's conditions for writes are not met.
-- Redis checks its memory at the first write of a script only, and only for commands that can add data. So a server without memory refuses
-- the operations that store more, and leases still end and are renewed.
if operation == 'grant' or (operation == 'commit' and ARGV[5] == '1') then
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
local meta = call('HMGET', META, 'revision', 'clock', 'shift', 'run', 'born', 'history', 'layout')
-- The first tick on a connection names the layout that its client knows. A namespace of another layout is not touched.
local layout = operation == 'tick' and ARGV[3] ~= '' and ARGV[3]
-- The first builds of layout 1 did not store its number.
local former = layout and (meta[7] or FORMER) == FORMER and call('HGET', META, 'rev')
local converts = former and former ~= CLOSED
if converts then
  meta[1] = former
elseif layout and meta[7] and meta[7] ~= layout then
  return {'V', meta[7]}
end
local rev = tonumber(meta[1] or 0)
local clock = tonumber(meta[2] or 0)
local shift = tonumber(meta[3] or 0)
local born = tonumber(meta[5] or 0)

-- Sharded channels, if the server has them: a Cluster sends the messages of other channels to all of its nodes.
local shards = redis.REDIS_VERSION_NUM and 'S' or ''
local PUBLISH = shards .. 'PUBLISH'
-- The first call of a connection reports if the user may not publish.
if layout then
  if not redis.setresp then
    return {'R', 'it is older than Redis 6'}
  end
  local published = redis.pcall(PUBLISH, prefix .. 'rights', '')
  if type(published) == 'table' and published.err then
    return {'R', published.err}
  end
end

-- The clock of leases: the server's wall clock without its steps back. After a step back this clock stops until the wall clock has caught
-- up, for at most PATIENCE; `shift` makes up for the rest of the step. So a wall clock that steps back and forward again ends no lease
-- early.
shift = math.max(shift, clock - wall - PATIENCE)
local now = math.max(clock, wall + shift)

-- The replication id, if this server was a replica and became the primary. Each such change makes a new id. So the script notices a server
-- that was the primary before and loaded the state of another primary in between. The id also changes when the first replica connects, and
-- when the last one has been gone for an hour; but then the second id, that of the time as a replica, is zero. Without this check a former
-- primary in a split would take over again after an hour, with revisions above those of its successor. Empty also if the user may not call
-- INFO, and just after a write, since the server cannot have been a replica since then.
local history = ''
if run ~= '' and (converts or run ~= meta[4] or now == clock or now - clock >= QUIET) then
  local info = redis.pcall('INFO', 'replication')
  if type(info) == 'string' and string.match(info, 'master_replid2:0*[1-9a-f]') then
    history = string.match(info, 'master_replid:(%x+)') or ''
  end
end

-- While a session of a former version lives, the namespace is not converted.
if converts and call('ZRANGEBYSCORE', LEASES, '(' .. decimal(now), '(+inf', 'LIMIT', 0, 1)[1] then
  return {'V', FORMER}
end
if rev > MAX_REVISION - 3 * JUMP or wall > MAX_REVISION - 3 * JUMP then
  return redis.error_reply('ERR the revisions of this namespace have come to their end, 2^53')
end

-- Changes of this call that are not published yet: {directory, names, revision}.
local changes = {}

-- Takes a revision for a change of entries of one directory, which `save` stores and publishes, and returns it.
--
-- It is the revision after the latest one. A process begins with the time at which it took over, in microseconds, and counts. An earlier process
-- gave smaller revisions, even if some of them were lost: it began earlier, and gave fewer than one in a microsecond. For the same reason a
-- process that continues beside its successor, as in a split, gives smaller ones. So revisions must not follow the clock. They rise with a
-- thousandth of its speed, so that revisions differ before and after an unnoticed return to an earlier state, as of a virtual machine that
-- is restored.
local function change(directory, names)
  rev = math.max(rev + 1, born + math.floor((wall - born) / SLOWNESS))
  local revision = decimal(rev)
  changes[#changes + 1] = {directory, names, revision}
  return revision
end

-- Stores the revision and the clock, and then publishes the changes. If publishing fails, since the right was taken away, the revision is
-- already stored, so the next change gets another one.
local function save()
  call('HSET', META, 'revision', decimal(rev), 'clock', decimal(now))
  if run ~= '' and run ~= meta[4] or shift ~= tonumber(meta[3] or 0) then
    call('HSET', META, 'shift', decimal(shift), 'run', run == '' and meta[4] or run)
  end
  for _, one in ipairs(changes) do
    local channel, names, revision = prefix .. ':' .. one[1], one[2], one[3]
    call(PUBLISH, channel, revision .. ' ' .. table.concat(names, '\0'))
    for _, name in ipairs(names) do
      call(PUBLISH, channel .. '\0' .. name, revision)
    end
  end
  changes = {}
end

-- Takes over from the process that wrote last: the server was restarted, or a replica was promoted, perhaps without the last acknowledged
-- writes, and perhaps with another clock.
if converts or not meta[1] or not meta[5] or (run ~= '' and run ~= meta[4]) or (history ~= '' and history ~= meta[6]) then
  if wall > rev then
    rev = wall
  else
    -- The clock is wrong, so two processes that take over from one state may see the same time. Their run ids make the revisions differ.
    rev = rev + JUMP + (tonumber(string.sub(run, 1, 8), 16) or 0) % JUMP
  end
  born = wall
  -- Leases that had ended stay dead. The others live for a full ttl again, since a renewal may have been lost. The ttl begins when this
  -- process began, if it is the restarted server: no lost renewal is later. It begins now if this process was a replica, or ran before the
  -- latest known write, which another process then made: lost renewals may be as late as now. A conversion by the same process loses
  -- nothing, so leases past their deadline have ended.
  local same = converts and run == meta[4] and (history == '' or history == meta[6])
  local ended = same and now or clock
  shift, now = 0, wall
  local from = tonumber(began)
  if history ~= '' or run == meta[4] or from <= clock or from > now then
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
  save()
  -- The layout too: after a namespace was emptied, connected clients do not name their layout again.
  call('HSET', META, 'shift', '0', 'run', run == '' and meta[4] or run, 'born', decimal(born), 'history', history, 'layout', LAYOUT,
    'rev', CLOSED)
  call(PUBLISH, prefix .. 'all', '')
end

-- A revoked lease is the next one that ends.
if operation == 'revoke' and call('ZSCORE', LEASES, ARGV[3]) then
  call('ZADD', LEASES, 0, ARGV[3])
end

-- Removes up to CHUNK entries of ended leases. There may be more: then `ended` is one of these leases.
local ended = call('ZRANGEBYSCORE', LEASES, '-inf', decimal(now), 'LIMIT', 0, 1)[1]
if ended then
  local budget = CHUNK
  repeat
    local members = call('ZRANGEBYLEX', LEASED, '[' .. ended .. '\0', '(' .. ended .. '\1', 'LIMIT', 0, budget)
    local at = 1
    while at <= #members do
      -- Those of one directory, which are together.
      local directory, keys, names, same = nil, {}, {}, {}
      while at <= #members do
        local key = string.sub(members[at], #ended + 2)
        local path, name = string.match(key, '^([^%z]+)%z?(.*)$')
        if directory and path ~= directory then
          break
        end
        directory = path
        keys[#keys + 1], names[#names + 1], same[#same + 1] = key, name, members[at]
        at = at + 1
      end
      call('ZREM', LEASED, unpack(same))
      call('ZREM', INDEX, unpack(keys))
      call('HDEL', ENTRIES, unpack(keys))
      change(directory, names)
    end
    if #members < budget then
      call('ZREM', LEASES, ended)
    end
    budget = budget - #members - 1
    ended = call('ZRANGEBYSCORE', LEASES, '-inf', decimal(now), 'LIMIT', 0, 1)[1]
  until not ended or budget <= 0
  save()
  if ended then
    call(PUBLISH, prefix .. 'reapers', '0')
  end
end

local function is_alive(lease)
  local deadline = call('ZSCORE', LEASES, lease)
  return deadline and tonumber(deadline) > now
end

-- The record of an entry and its parts, or nil. Entries of an ended lease count as absent even before they are removed. A record that Sereno
-- did not write has no parts; the operation that reads it reports that, and it can be deleted like others.
local known = {}
local function present(record)
  if not record then
    return nil
  end
  local create, mod, lease = string.match(record, '^(%d+) (%d+) (%S+) ')
  if ended and lease and lease ~= '-' then
    if known[lease] == nil then
      known[lease] = is_alive(lease) or false
    end
    if not known[lease] then
      return nil
    end
  end
  return record, create, mod, lease
end

-- Answers a query: 'all', 'one' or 'range', the directory, a name ('' for none), a limit, the greatest size; or 'none'. A list has the entries
-- after the name, in the order of names, until there are as many as the limit or their size is more than the greatest. Returns {whether there
-- are more, name, record, name, record...}, or false if they are too large.
local function snapshot(kind, directory, behind, limit, room)
  local found, count = {0}, 0
  if kind == 'none' then
    return found
  end
  if kind == 'one' then
    local record = present(call('HGET', ENTRIES, directory .. '\0' .. behind))
    return record and {0, behind, record} or found
  end
  local from, to = '(' .. directory .. '\0' .. behind, '(' .. directory .. '\1'
  limit, room = tonumber(limit), tonumber(room)
  while true do
    local most = math.min(RECORDS, limit - count + 1)
    local keys = call('ZRANGEBYLEX', INDEX, from, to, 'LIMIT', 0, most)
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
    if #keys < most then
      return found
    end
    from = '(' .. keys[#keys]
  end
end

-- 3 directory, 4 lease ('' for none), 5 whether anything is put, 6 number of conditions, 7 number of writes, 8... conditions of three:
-- kind, name, revision; then writes of three: kind, name, value; then a query.
-- -> {'C', revision, snapshot}, {'X', 0, snapshot} for a conflict, {'L'} for a dead lease, {'B', 0, name, lease} for a binding that differs,
-- {'F', 0, name} for a record that Sereno did not write
if operation == 'commit' then
  local directory, lease = ARGV[3], ARGV[4]
  local conditions, writes = tonumber(ARGV[6]), tonumber(ARGV[7])
  local first_write = 8 + 3 * conditions
  local first_query = first_write + 3 * writes
  if lease ~= '' and not is_alive(lease) then
    return {'L'}
  end
  local keys = {}
  for at = 8, first_query - 1, 3 do
    keys[#keys + 1] = directory .. '\0' .. ARGV[at + 1]
  end
  local records = #keys > 0 and call('HMGET', ENTRIES, unpack(keys)) or {}

  for i = 1, conditions do
    local at = 5 + 3 * i
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
      return {'X', 0, snapshot(unpack(ARGV, first_query))}
    end
  end

  local stored, indexed, leased, unleased, deleted, names = {}, {}, {}, {}, {}, {}
  local revision = change(directory, names)
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
        -- The lease of the former entry has ended, and that entry is not removed yet. What is removed with that lease must not be the new entry.
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
    return {'C', 0, snapshot(unpack(ARGV, first_query))}
  end
  if #unleased > 0 then call('ZREM', LEASED, unpack(unleased)) end
  if #deleted > 0 then
    call('HDEL', ENTRIES, unpack(deleted))
    call('ZREM', INDEX, unpack(deleted))
  end
  if #stored > 0 then call('HSET', ENTRIES, unpack(stored)) end
  if #indexed > 0 then call('ZADD', INDEX, unpack(indexed)) end
  if #leased > 0 then call('ZADD', LEASED, unpack(leased)) end
  save()
  return {'C', rev, snapshot(unpack(ARGV, first_query))}
end

-- 3... the query -> {'S', snapshot}
if operation == 'read' then
  return {'S', 0, snapshot(unpack(ARGV, 3))}
end

-- 3 the path after which the page begins ('' for the first), 4 the most paths -> {'D', whether there are more, path, path...}. One lookup
-- in the index for each directory, however many entries it has.
if operation == 'directories' then
  local page, most = {'D', 0}, math.min(tonumber(ARGV[4]), CHUNK)
  local from = ARGV[3] == '' and '(' or '(' .. ARGV[3] .. '\1'
  while true do
    local key = call('ZRANGEBYLEX', INDEX, from, '+', 'LIMIT', 0, 1)[1]
    if not key then
      return page
    end
    local path = string.match(key, '^([^%z]+)%z')
    if path then
      if #page == most + 2 then
        page[2] = 1
        return page
      end
      -- Entries of ended leases do not count, even before they are removed.
      if not ended or snapshot('range', path, '', 1, math.huge)[2] then
        page[#page + 1] = path
      end
      from = '(' .. path .. '\1'
    else
      from = '(' .. key
    end
  end
end

-- 3 lease, 4 ttl in ms -> {'G'}, or {'N'} if there is a lease of that name
if operation == 'grant' then
  if call('ZSCORE', LEASES, ARGV[3]) then
    return {'N'}
  end
  call('ZADD', LEASES, decimal(now + ARGV[4] * 1000), ARGV[3])
  local soonest = call('ZRANGE', LEASES, 0, 0)[1]
  save()
  if soonest == ARGV[3] then
    call(PUBLISH, prefix .. 'reapers', decimal(ARGV[4] * 1000))
  end
  return {'G'}
end

-- 3 lease, 4 ttl in ms -> {'G'}, or {'L'} if it is dead
if operation == 'renew' then
  if not is_alive(ARGV[3]) then
    return {'L'}
  end
  call('ZADD', LEASES, decimal(now + ARGV[4] * 1000), ARGV[3])
  save()
  return {'G'}
end

-- 3 the number of the layout that the client knows, with the first call of a connection only; 4 the client, if it watches
-- -> {'T', the latest revision, microseconds until the next lease ends, -1 for never, the server's clock, whether the client is a reaper,
-- the command by which channels are subscribed to}, {'V', the number found} for another layout, or {'R', why} if changes could not
-- be published
if operation == 'tick' then
  if layout and not meta[7] then
    call('HSET', META, 'layout', layout)
  end
  -- Whether a client is a reaper, which wakes up for the end of a lease. If all clients woke up, the end of a lease would cost a call of
  -- each of them. A client remains a reaper while it ticks, which it does every 5 s. A client that ticks replaces a reaper that has stopped.
  local function is_reaper(client)
    local others, own = {}, false
    for id, seen in string.gmatch(call('HGET', META, 'reapers') or '', '(%S+) (%d+)') do
      seen = tonumber(seen)
      if id == client then
        own = true
      elseif seen <= wall and wall < seen + TERM then
        others[#others + 1] = id .. ' ' .. decimal(seen)
      end
    end
    if not own and #others >= REAPERS then
      return false
    end
    others[#others + 1] = client .. ' ' .. decimal(wall)
    call('HSET', META, 'reapers', table.concat(others, ' '))
    return true
  end

  local reaper = ARGV[4] ~= '' and is_reaper(ARGV[4]) and 1 or 0
  local deadline = tonumber(call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')[2])
  local left = -1
  if deadline ~= math.huge then
    left = deadline <= now and 0 or deadline - wall - shift
  end
  return {'T', rev, left, wall, reaper, shards .. 'SUBSCRIBE'}
end

-- 3 lease -> {'G'}
if operation == 'revoke' then
  return {'G'}
end
