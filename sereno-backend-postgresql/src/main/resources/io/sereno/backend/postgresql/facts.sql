-- What a server says of itself and of a session. Needs no schema.
SELECT current_setting('server_version_num')::int,
    current_setting('server_version'),
    pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
    current_setting('server_encoding'),
    current_setting('transaction_isolation'),
    current_setting('fsync')::bool AND current_setting('full_page_writes')::bool AND current_setting('synchronous_commit') <> 'off',
    pg_backend_pid(),
    CASE WHEN pg_is_in_recovery() THEN 0 ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
