/**
 * For backends over a client library that blocks, such as JDBC or a plain socket: turns calls that block into stages
 * with deadlines and honest outcomes. Applications do not need this package.
 *
 * <p>{@link io.sereno.blocking.BlockingCalls} runs the calls, {@link io.sereno.blocking.BlockingListener} keeps
 * a connection for what the server sends by itself. The author writes a
 * {@link io.sereno.blocking.BlockingClient}, which knows the client library, and says for each of its exceptions
 * what it proves: a {@link io.sereno.blocking.Fault}.
 */
@NullMarked
package io.sereno.blocking;

import org.jspecify.annotations.NullMarked;
