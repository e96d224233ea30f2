/**
 * PostgreSQL as the store. Applications use the URI {@code postgresql:} or
 * {@link io.sereno.backend.postgresql.PostgresBackends}; nothing else here is public.
 *
 * <p>All SQL is in {@code sereno.sql}, as functions: begin there. {@link io.sereno.backend.postgresql.PostgresBackend}
 * calls them over {@link io.sereno.blocking.BlockingCalls}.
 */
@NullMarked
package io.sereno.backend.postgresql;

import org.jspecify.annotations.NullMarked;
