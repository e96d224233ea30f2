-- The schema of Sereno, version 1. Sereno runs this script at the first connect if its role may create a schema. Otherwise an administrator runs
-- it in the application's database, and gives the application's role the least rights:
--
--   GRANT USAGE ON SCHEMA sereno TO app;
--   GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sereno TO app;
--   GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA sereno TO app;
--   GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sereno TO app;
--
-- The script is one transaction, and may be run again. Everything takes effect at READ COMMITTED: each statement of a function sees what was committed before it began.
--
-- Functions that clients call wait 4 s for a lock at most, so that a statement ends soon after its client has given it up.
--
-- Entries are looked up by the whole key in subqueries of their own: in a join, with EXISTS, or with a list of names, the planner may read the
-- whole directory or namespace as long as the table has no statistics. The plans are generic, since planning takes longer than a call.
--
-- Each statement of a function takes the server 5 to 20 microseconds, so what needs no table is an expression: the variable "done" takes results that
-- nobody needs.
--
-- Locks, always in this order: the directory of a commit (exclusive), then its leases (shared). Whoever ends a lease takes the lease exclusively,
-- and waits for it only if it holds nothing else. A lease whose commits are under way has not ended, whatever the clock says. The row of a lease comes last:
-- who has changed one waits for none of these, except in the first call after a start, before which no other call has any of them.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(1397051247, 2);
DO $$
BEGIN
    IF to_regclass('sereno.store') IS NOT NULL THEN
        IF (SELECT version FROM sereno.store) > 1 THEN
            RAISE EXCEPTION 'the schema sereno is newer than this script, which has version 1; run the script of a newer jar';
        END IF;
    END IF;
END $$;
CREATE SCHEMA IF NOT EXISTS sereno;

-- One row. A revision is the epoch in its high 10 bits and the sequence in its low 43 bits. The epoch rises when the server's timeline changes, as by
-- a promotion, a recovery to a point in time or pg_upgrade: what a replica has missed of the sequence makes no revision fall. At each start of the server
-- the sequence is raised to the quarters of milliseconds since 2026, so that this holds for a copy of files that is put back, too, by the server's clock.
CREATE TABLE IF NOT EXISTS sereno.store (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version int NOT NULL,
    epoch bigint NOT NULL CHECK (epoch < 1024),
    timeline bigint NOT NULL,
    started timestamptz NOT NULL);
CREATE SEQUENCE IF NOT EXISTS sereno.revision MAXVALUE 8796093022207 NO CYCLE;

-- No column that renewals or puts change is in an index, so that their updates stay in their pages (HOT).
CREATE TABLE IF NOT EXISTS sereno.entry (
    ns text COLLATE "C" NOT NULL,
    dir text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    created bigint NOT NULL,
    modified bigint NOT NULL,
    lease bigint NOT NULL,
    PRIMARY KEY (ns, dir, name))
    WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_threshold = 500, toast.autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS entry_lease ON sereno.entry (lease) WHERE lease <> 0;
CREATE INDEX IF NOT EXISTS entry_created ON sereno.entry (created) WHERE lease <> 0; -- for sereno.fence

-- A lease that is dead stays dead. Its row goes when its last entry has gone.
CREATE TABLE IF NOT EXISTS sereno.lease (
    id bigint PRIMARY KEY,
    ttl interval NOT NULL,
    expires timestamptz NOT NULL,
    dead boolean NOT NULL DEFAULT false)
    WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- What connected clients watch, by their listener and the process that serves it, or 0 if it polls; name is empty for a whole directory. Clients set
-- it again after a crash.
CREATE UNLOGGED TABLE IF NOT EXISTS sereno.watch (
    listener bigint NOT NULL,
    pid int NOT NULL,
    number bigint NOT NULL,
    ns text COLLATE "C" NOT NULL,
    dir text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    PRIMARY KEY (listener, number))
    WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS watch_target ON sereno.watch (ns, dir, name);

-- Listeners of clients behind a pooler, which have no session that could be notified: when they polled last, and what their next poll is told.
CREATE UNLOGGED TABLE IF NOT EXISTS sereno.poller (
    listener bigint PRIMARY KEY,
    started timestamptz NOT NULL DEFAULT pg_postmaster_start_time(),
    polled timestamptz NOT NULL DEFAULT clock_timestamp())
    WITH (fillfactor = 50);
CREATE UNLOGGED TABLE IF NOT EXISTS sereno.notice (
    listener bigint NOT NULL,
    notice text NOT NULL)
    WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS notice_listener ON sereno.notice (listener);

-- One row: when somebody has to look for expired leases, and after which one.
CREATE UNLOGGED TABLE IF NOT EXISTS sereno.reaper (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    due timestamptz NOT NULL,
    last bigint NOT NULL);

-- Entries with the state of their lease: gone if it is dead, late if its time has passed and nobody has ended it.
CREATE OR REPLACE VIEW sereno.seen AS
    SELECT e.*, e.lease <> 0 AND coalesce(l.dead, true) AS gone, coalesce(NOT l.dead AND l.expires <= clock_timestamp(), false) AS late
    FROM sereno.entry e LEFT JOIN sereno.lease l ON l.id = e.lease AND e.lease <> 0;

CREATE OR REPLACE FUNCTION sereno.timeline() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
$$;

-- What each function that clients call begins with. Refuses a standby, which may be behind, and isolations whose snapshot may be older than a lock.
-- At the first call after a start or a promotion, raises the revisions, and gives all leases their full time again: their deadlines are those of
-- another clock, perhaps. Returns the epoch.
CREATE OR REPLACE FUNCTION sereno.epoch() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    line bigint;
    high bigint;
BEGIN
    SELECT epoch INTO high FROM sereno.store WHERE one AND timeline = sereno.timeline() AND started = pg_postmaster_start_time()
        AND current_setting('transaction_isolation') = 'read committed';
    IF NOT FOUND THEN
        line := sereno.timeline();
        IF line IS NULL THEN
            RAISE EXCEPTION 'this server is a standby; the primary is needed' USING ERRCODE = 'read_only_sql_transaction';
        ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'the isolation of the connection is %; read committed is accepted', current_setting('transaction_isolation')
                USING ERRCODE = 'feature_not_supported';
        END IF;
        UPDATE sereno.store SET epoch = epoch + CASE WHEN timeline = line THEN 0 ELSE greatest(1, line - timeline) END,
            timeline = line, started = pg_postmaster_start_time()
            WHERE one AND (timeline <> line OR started <> pg_postmaster_start_time());
        IF FOUND THEN
            PERFORM setval('sereno.revision', greatest(r.last_value, (extract(epoch FROM clock_timestamp() - '2026-01-01Z'::timestamptz) * 4000)::bigint))
                FROM sereno.revision r;
            UPDATE sereno.lease SET expires = clock_timestamp() + ttl WHERE NOT dead;
        END IF;
        SELECT epoch INTO high FROM sereno.store WHERE one;
    END IF;
    RETURN high;
END $$;

CREATE OR REPLACE FUNCTION sereno.next_revision() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (sereno.epoch() << 43) + nextval('sereno.revision')
$$;

CREATE OR REPLACE FUNCTION sereno.key_of(p_ns text, p_dir text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended(p_dir, hashtextextended(p_ns, 5))
$$;

-- Notifies those who watch the entries. If they are many, once: anything may have changed. Those who poll find a row as soon as the change is visible.
CREATE OR REPLACE FUNCTION sereno.tell(p_ns text, p_dir text, p_names text[], p_revision bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t record;
BEGIN
    IF NOT EXISTS (SELECT FROM sereno.watch w WHERE w.ns = p_ns AND w.dir = p_dir) THEN
        RETURN;
    END IF;
    FOR t IN SELECT w.listener, w.pid = 0 AS polls,
                p_revision || ' ' || length(p_dir) || ' ' || p_dir || CASE WHEN cardinality(p_names) > 64 THEN '' ELSE n.name END AS notice
            FROM unnest(p_names) AS n(name) JOIN sereno.watch w ON w.ns = p_ns AND w.dir = p_dir AND w.name IN ('', n.name) GROUP BY 1, 2, 3 LOOP
        IF t.polls THEN
            INSERT INTO sereno.notice SELECT p.listener, t.notice FROM sereno.poller p WHERE p.listener = t.listener;
        ELSE
            PERFORM pg_notify('sereno_' || t.listener, t.notice);
        END IF;
    END LOOP;
END $$;

-- Whether a lease lives. Where its time seems to have passed, waits for a renewal that is under way.
CREATE OR REPLACE FUNCTION sereno.lives(p_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lives boolean;
BEGIN
    SELECT NOT dead AND expires > clock_timestamp() INTO lives FROM sereno.lease WHERE id = p_id;
    IF NOT lives THEN
        SELECT NOT dead AND expires > clock_timestamp() INTO lives FROM sereno.lease WHERE id = p_id FOR SHARE;
    END IF;
    RETURN coalesce(lives, false);
END $$;

-- Ends those of these leases whose time has passed and that no commit is using.
CREATE OR REPLACE FUNCTION sereno.kill(p_leases bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sereno.lease SET dead = true
    WHERE id = ANY (p_leases) AND NOT dead AND expires <= clock_timestamp() AND pg_try_advisory_xact_lock(1397051246, (id & 2147483647)::int);
END $$;

-- Deletes what those of these leases that are dead have in a directory, which is locked.
CREATE OR REPLACE FUNCTION sereno.bury(p_ns text, p_dir text, p_leases bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text[];
BEGIN
    WITH buried AS (
        DELETE FROM sereno.entry e
        WHERE e.ns = p_ns AND e.dir = p_dir AND e.lease = ANY (p_leases) AND e.lease <> 0
            AND NOT EXISTS (SELECT FROM sereno.lease l WHERE l.id = e.lease AND NOT l.dead)
        RETURNING e.name)
    SELECT array_agg(b.name) INTO names FROM buried b;
    IF names IS NOT NULL THEN
        PERFORM sereno.tell(p_ns, p_dir, names, sereno.next_revision());
    END IF;
END $$;

-- Locks the directory, and ends there the leases of these entries, or of all if there are none, whose time has passed. What its callers read afterwards
-- is the directory without what had ended before: entries of a lease that ends now stay for them, since whoever finds them ended waits for the lock.
CREATE OR REPLACE FUNCTION sereno.settle(p_ns text, p_dir text, p_names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    leases bigint[];
    done bool := pg_advisory_xact_lock(sereno.key_of(p_ns, p_dir)) IS NULL;
BEGIN
    IF p_names IS NULL THEN
        leases := ARRAY(SELECT s.lease FROM sereno.seen s WHERE s.ns = p_ns AND s.dir = p_dir AND (s.gone OR s.late));
    ELSE
        leases := array_remove(ARRAY(SELECT (
            SELECT s.lease FROM sereno.seen s WHERE s.ns = p_ns AND s.dir = p_dir AND s.name = n AND (s.gone OR s.late)) FROM unnest(p_names) AS n), NULL);
    END IF;
    IF cardinality(leases) > 0 THEN
        PERFORM sereno.kill(leases);
        PERFORM sereno.bury(p_ns, p_dir, leases);
    END IF;
END $$;

-- Reads an entry if p_name is not empty, else the first p_limit entries after p_after. If they take more than p_bytes, there is one row without a name.
-- If it has ended leases, there is one row with an empty name, and the caller asks again, without p_settle: the rows are sent before the transaction
-- ends, and a client that is stopped must not keep the directory's lock.
CREATE OR REPLACE FUNCTION sereno.read(p_ns text, p_dir text, p_name text, p_after text, p_limit int, p_bytes bigint, p_settle boolean)
    RETURNS TABLE (name text, value bytea, created bigint, modified bigint, lease bigint) LANGUAGE plpgsql
    SET lock_timeout = '4s' SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    done bool := sereno.epoch() IS NULL;
    size bigint;
    due bool;
BEGIN
    IF p_name <> '' THEN
        SELECT s.name, s.value, s.created, s.modified, s.lease, s.gone OR s.late INTO name, value, created, modified, lease, due
            FROM sereno.seen s WHERE s.ns = p_ns AND s.dir = p_dir AND s.name = p_name;
    ELSE
        SELECT sum(octet_length(r.name) + octet_length(r.value)), bool_or(r.gone OR r.late) INTO size, due
            FROM (SELECT s.name, s.value, s.gone, s.late FROM sereno.seen s
                WHERE s.ns = p_ns AND s.dir = p_dir AND s.name > p_after ORDER BY s.name LIMIT p_limit) r;
    END IF;
    IF due AND p_settle THEN
        done := sereno.settle(p_ns, p_dir, CASE WHEN p_name <> '' THEN ARRAY[p_name] END) IS NULL;
        RETURN QUERY SELECT ''::text, ''::bytea, 1::bigint, 1::bigint, 0::bigint;
    ELSIF name IS NOT NULL OR size > p_bytes THEN
        RETURN NEXT;
    ELSIF size > 0 THEN
        RETURN QUERY SELECT e.name, e.value, e.created, e.modified, e.lease FROM sereno.entry e
            WHERE e.ns = p_ns AND e.dir = p_dir AND e.name > p_after ORDER BY e.name LIMIT p_limit;
    END IF;
END $$;

-- Carries out commits to one directory, one after the other. For each there is a row with its status (0 committed, 1 conflict, 2 lease dead), and with
-- its revision as modified; the entries of its read follow, with status 3. All reads together have p_bytes: a client that is stopped must not keep the
-- directory's lock, so the answer has to fit into the buffers between server and client. An entry without a name stands for those that do not fit.
-- The conditions of all commits are in four arrays, the writes in four others; p_condition_of and p_write_of say to which commit each belongs.
-- Kinds of conditions: 0 absent, 1 present, 2 created at p_revisions, 3 modified at it. A write without a value is a delete.
-- p_returning is null for no read, empty for all entries, or a name.
CREATE OR REPLACE FUNCTION sereno.commit(p_ns text, p_dir text, p_leases bigint[], p_returning text[], p_bytes bigint,
        p_condition_of int[], p_conditions text[], p_kinds int[], p_revisions bigint[],
        p_write_of int[], p_writes text[], p_values bytea[], p_leased boolean[])
    RETURNS TABLE (status int, name text, value bytea, created bigint, modified bigint, lease bigint) LANGUAGE plpgsql
    SET lock_timeout = '4s' SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    epoch bigint := sereno.epoch();
    done bool := pg_advisory_xact_lock(sereno.key_of(p_ns, p_dir)) IS NULL;
    condition int := 1;
    write int := 1;
    revision bigint;
    changed text[];
BEGIN
    IF cardinality(p_leases) > 1 THEN
        PERFORM pg_advisory_xact_lock_shared(1397051246, t.key)
            FROM (SELECT DISTINCT (l & 2147483647)::int AS key FROM unnest(p_leases) AS l WHERE l <> 0 ORDER BY 1) t;
    ELSIF p_leases[1] <> 0 THEN
        done := pg_advisory_xact_lock_shared(1397051246, (p_leases[1] & 2147483647)::int) IS NULL;
    END IF;
    done := sereno.settle(p_ns, p_dir, CASE WHEN '' = ANY (p_returning) THEN NULL ELSE p_conditions || p_writes || p_returning END) IS NULL;
    FOR i IN 1 .. cardinality(p_leases) LOOP
        status := CASE WHEN p_leases[i] <> 0 AND NOT sereno.lives(p_leases[i]) THEN 2 ELSE 0 END;
        WHILE p_condition_of[condition] = i LOOP
            IF status = 0 THEN
                SELECT e.created, e.modified INTO created, modified FROM sereno.entry e
                    WHERE e.ns = p_ns AND e.dir = p_dir AND e.name = p_conditions[condition];
                status := (NOT CASE p_kinds[condition] WHEN 0 THEN NOT FOUND WHEN 1 THEN FOUND
                    WHEN 2 THEN FOUND AND created = p_revisions[condition] ELSE FOUND AND modified = p_revisions[condition] END)::int;
            END IF;
            condition := condition + 1;
        END LOOP;
        revision := (epoch << 43) + CASE WHEN status = 0 THEN nextval('sereno.revision') END;
        changed := '{}';
        WHILE p_write_of[write] = i LOOP
            IF status = 0 THEN
                IF p_values[write] IS NULL THEN
                    DELETE FROM sereno.entry e WHERE e.ns = p_ns AND e.dir = p_dir AND e.name = p_writes[write];
                ELSE
                    INSERT INTO sereno.entry AS e (ns, dir, name, value, created, modified, lease)
                        VALUES (p_ns, p_dir, p_writes[write], p_values[write], revision, revision, CASE WHEN p_leased[write] THEN p_leases[i] ELSE 0 END)
                        ON CONFLICT ON CONSTRAINT entry_pkey DO UPDATE SET value = excluded.value, modified = excluded.modified;
                END IF;
                IF FOUND THEN
                    changed := changed || p_writes[write];
                END IF;
            END IF;
            write := write + 1;
        END LOOP;
        name := NULL;
        value := NULL;
        created := 0;
        modified := 0;
        lease := 0;
        IF cardinality(changed) > 0 THEN
            done := sereno.tell(p_ns, p_dir, changed, revision) IS NULL;
            modified := revision;
        END IF;
        RETURN NEXT;
        IF status < 2 AND p_returning[i] IS NOT NULL THEN
            FOR status, name, value, created, modified, lease IN
                    SELECT 3, f.name, f.value, f.created, f.modified, f.lease FROM (
                        SELECT e.* FROM sereno.entry e WHERE e.ns = p_ns AND e.dir = p_dir AND e.name >= p_returning[i]
                        ORDER BY e.name LIMIT CASE WHEN p_returning[i] <> '' THEN 1 END) f
                    WHERE p_returning[i] IN ('', f.name) LOOP
                p_bytes := p_bytes - 100 - octet_length(name) - octet_length(value);
                IF p_bytes < 0 THEN
                    name := NULL;
                    value := NULL;
                END IF;
                RETURN NEXT;
                EXIT WHEN p_bytes < 0;
            END LOOP;
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION sereno.grant_lease(p_micros bigint) RETURNS bigint LANGUAGE sql SET lock_timeout = '4s' AS $$
    INSERT INTO sereno.lease (id, ttl, expires)
        SELECT sereno.next_revision(), t.ttl, clock_timestamp() + t.ttl FROM (SELECT p_micros * interval '1 microsecond' AS ttl) t
        RETURNING id
$$;

CREATE OR REPLACE FUNCTION sereno.renew(p_id bigint) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
BEGIN
    PERFORM sereno.epoch();
    LOOP
        UPDATE sereno.lease SET expires = clock_timestamp() + ttl WHERE id = p_id AND NOT dead AND expires > clock_timestamp();
        EXIT WHEN FOUND OR NOT sereno.lives(p_id);
    END LOOP;
    RETURN FOUND;
END $$;

-- Deletes what dead leases have, in at most 500 directories, and returns whether all of it is gone. Waits for no directory.
CREATE OR REPLACE FUNCTION sereno.clear(p_leases bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    ended bigint[] := ARRAY(SELECT l.id FROM sereno.lease l WHERE l.id = ANY (p_leases) AND l.dead);
    d record;
BEGIN
    PERFORM sereno.epoch();
    FOR d IN SELECT t.ns, t.dir FROM (SELECT DISTINCT e.ns, e.dir FROM sereno.entry e WHERE e.lease = ANY (ended) AND e.lease <> 0) t
            WHERE pg_try_advisory_xact_lock(sereno.key_of(t.ns, t.dir)) LIMIT 500 LOOP
        PERFORM sereno.bury(d.ns, d.dir, ended);
    END LOOP;
    DELETE FROM sereno.lease l WHERE l.id = ANY (ended) AND NOT EXISTS (SELECT FROM sereno.entry e WHERE e.lease = l.id AND e.lease <> 0);
    RETURN NOT EXISTS (SELECT FROM sereno.lease l WHERE l.id = ANY (ended));
END $$;

-- Waits for the commits under the lease that are under way. Returns whether all that it had is deleted; what is left is not seen any more.
CREATE OR REPLACE FUNCTION sereno.revoke(p_id bigint) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
BEGIN
    PERFORM sereno.epoch();
    PERFORM pg_advisory_xact_lock(1397051246, (p_id & 2147483647)::int);
    UPDATE sereno.lease SET dead = true WHERE id = p_id;
    RETURN sereno.clear(ARRAY[p_id]);
END $$;

-- Ends leases whose time has passed, 200 at most, unless another client has done so; the next ones in turn, so that those whose directory is in use
-- hold up no others. Returns in how many milliseconds to call again.
CREATE OR REPLACE FUNCTION sereno.reap() RETURNS int LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
    now timestamptz := clock_timestamp();
    next timestamptz;
    ids bigint[];
BEGIN
    PERFORM sereno.epoch();
    SELECT r.due INTO next FROM sereno.reaper r WHERE r.due BETWEEN now AND now + interval '1 second';
    IF next IS NULL THEN
        IF NOT pg_try_advisory_xact_lock(1397051247, 1) THEN
            RETURN 100;
        END IF;
        ids := ARRAY(SELECT l.id FROM sereno.lease l WHERE (l.dead OR l.expires <= now) AND l.id > coalesce((SELECT r.last FROM sereno.reaper r), 0)
            ORDER BY l.id LIMIT 200);
        PERFORM sereno.kill(ids);
        PERFORM sereno.sweep() FROM sereno.poller WHERE polled < now - interval '10 seconds' LIMIT 1;
        IF NOT sereno.clear(ids) THEN
            next := now + interval '20 milliseconds';
        ELSIF cardinality(ids) = 200 THEN
            next := now;
        ELSE
            SELECT least(now + interval '1 second', greatest(now + interval '20 milliseconds', coalesce(min(l.expires), 'infinity'))) INTO next FROM sereno.lease l;
        END IF;
        INSERT INTO sereno.reaper AS r (due, last) VALUES (next, coalesce(ids[200], 0)) ON CONFLICT (one) DO UPDATE SET due = excluded.due, last = excluded.last;
    END IF;
    RETURN ceil(extract(epoch FROM next - now) * 1000);
END $$;

-- Removes what clients that are gone have watched.
CREATE OR REPLACE FUNCTION sereno.sweep() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF pg_try_advisory_xact_lock(1397051247, 3) THEN
        DELETE FROM sereno.poller WHERE polled < clock_timestamp() - interval '10 seconds';
        DELETE FROM sereno.watch w WHERE CASE w.pid WHEN 0 THEN w.listener NOT IN (SELECT p.listener FROM sereno.poller p)
            ELSE w.pid NOT IN (SELECT a.pid FROM pg_stat_activity a WHERE a.pid IS NOT NULL) END;
        DELETE FROM sereno.notice n WHERE n.listener NOT IN (SELECT p.listener FROM sereno.poller p);
    END IF;
END $$;

-- Makes the calling client one that listens, in this session or by polls, and returns the number of its channel. A process id may be given again, this
-- is not.
CREATE OR REPLACE FUNCTION sereno.listen(p_polls boolean) RETURNS bigint LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
    listener bigint := nextval('sereno.revision');
BEGIN
    PERFORM sereno.epoch();
    IF p_polls THEN
        INSERT INTO sereno.poller VALUES (listener);
    ELSE
        EXECUTE 'LISTEN sereno_' || listener;
        DELETE FROM sereno.watch WHERE pid = pg_backend_pid();
    END IF;
    PERFORM sereno.sweep();
    RETURN listener;
END $$;

-- Sets watches. If it waits, for commits under way, what is read afterwards shows those that did not see these watches; otherwise see sereno.await.
CREATE OR REPLACE FUNCTION sereno.watch(p_listener bigint, p_pid int, p_ns text, p_numbers bigint[], p_dirs text[], p_names text[], p_wait boolean)
    RETURNS void LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
BEGIN
    IF p_wait THEN
        PERFORM pg_advisory_xact_lock_shared(t.key) FROM (SELECT DISTINCT sereno.key_of(p_ns, d) AS key FROM unnest(p_dirs) AS d ORDER BY 1) t;
    END IF;
    INSERT INTO sereno.watch AS w SELECT p_listener, p_pid, n.number, p_ns, n.dir, n.name FROM unnest(p_numbers, p_dirs, p_names) AS n(number, dir, name)
        ON CONFLICT (listener, number) DO UPDATE SET pid = excluded.pid, ns = excluded.ns, dir = excluded.dir, name = excluded.name;
END $$;

-- Waits until the commits to each of these directories that are under way have ended, a second in all, and holds up none. Returns the directories
-- where they have not.
CREATE OR REPLACE FUNCTION sereno.await(p_ns text, p_dirs text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    d text;
BEGIN
    FOREACH d IN ARRAY p_dirs LOOP
        BEGIN
            PERFORM set_config('lock_timeout', greatest(1, 500 - extract(epoch FROM clock_timestamp() - began) * 500)::int::text, true);
            PERFORM pg_advisory_xact_lock_shared(sereno.key_of(p_ns, d));
            RAISE EXCEPTION USING ERRCODE = 'SR002'; -- releases the lock
        EXCEPTION
            WHEN SQLSTATE 'SR002' THEN NULL;
            WHEN lock_not_available THEN RETURN NEXT d;
        END;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION sereno.unwatch(p_listener bigint, p_numbers bigint[]) RETURNS void LANGUAGE sql SET lock_timeout = '4s' AS $$
    DELETE FROM sereno.watch WHERE listener = p_listener AND number = ANY (p_numbers)
$$;

-- What a listener has to be told. Fails if nobody has kept it for the listener: it has not polled for long, or the server was started again.
CREATE OR REPLACE FUNCTION sereno.poll(p_listener bigint) RETURNS SETOF text LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
    last timestamptz;
BEGIN
    PERFORM sereno.epoch();
    SELECT p.polled INTO last FROM sereno.poller p WHERE p.listener = p_listener AND p.started = pg_postmaster_start_time();
    IF last NOT BETWEEN clock_timestamp() - interval '2 seconds' AND clock_timestamp() THEN
        UPDATE sereno.poller SET polled = clock_timestamp() WHERE listener = p_listener RETURNING polled INTO last;
    END IF;
    IF last IS NULL THEN
        RAISE EXCEPTION 'the server has kept no notices for this client' USING ERRCODE = 'SR003';
    END IF;
    RETURN QUERY DELETE FROM sereno.notice WHERE listener = p_listener RETURNING notice;
END $$;

CREATE OR REPLACE FUNCTION sereno.directories(p_ns text, p_after text, p_limit int) RETURNS SETOF text LANGUAGE plpgsql
    SET lock_timeout = '4s' SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM sereno.epoch();
    RETURN QUERY WITH RECURSIVE d(dir) AS (
            (SELECT e.dir FROM sereno.entry e WHERE e.ns = p_ns AND e.dir > p_after ORDER BY e.dir LIMIT 1)
            UNION ALL
            SELECT (SELECT e.dir FROM sereno.entry e WHERE e.ns = p_ns AND e.dir > d.dir ORDER BY e.dir LIMIT 1) FROM d WHERE d.dir IS NOT NULL)
        SELECT d.dir FROM d WHERE (SELECT true FROM sereno.seen s WHERE s.ns = p_ns AND s.dir = d.dir AND NOT s.gone LIMIT 1) LIMIT p_limit;
END $$;

-- Makes the application's transaction that calls this fail unless the entry with this createRevision is there and its lease lives. Transactions that
-- ask for entries of one directory wait here for each other's ends, so the work of an earlier grant is committed or undone before that of a later one
-- begins. Clients of Sereno wait for none of them. Needs USAGE on the schema and SELECT on the view.
CREATE OR REPLACE FUNCTION sereno.fence(p_created bigint) RETURNS void LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
DECLARE
    place record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the isolation of this transaction is %, which cannot see that a grant has ended; read committed is accepted',
            current_setting('transaction_isolation') USING ERRCODE = 'invalid_transaction_state';
    END IF;
    SELECT s.ns, s.dir INTO place FROM sereno.seen s WHERE s.created = p_created AND s.lease <> 0 LIMIT 1;
    IF FOUND THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(place.dir, hashtextextended(place.ns, 6)));
        PERFORM FROM sereno.seen s
            WHERE s.ns = place.ns AND s.dir = place.dir AND s.created = p_created AND s.lease <> 0 AND NOT s.gone AND NOT s.late;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the store has no live entry for this grant' USING ERRCODE = 'SR001';
    END IF;
END $$;

INSERT INTO sereno.store (version, epoch, timeline, started) VALUES (1, 0, sereno.timeline(), '-infinity')
    ON CONFLICT (one) DO UPDATE SET version = excluded.version;
COMMIT;
