/**
 * The interfaces that a backend implements: six methods over directories of entries, and a listing of the directories
 * for operators. Applications need only the facts in {@link io.sereno.spi.Guarantees} and the promises of a store in
 * {@link io.sereno.spi.Promise}.
 *
 * <p>A store holds <em>directories</em>, each a set of named <em>entries</em>. A {@link io.sereno.spi.Commit} changes
 * one directory in one atomic step, under conditions. An entry may be bound to a {@link io.sereno.spi.Lease} and is
 * deleted when the lease ends.
 *
 * <pre>{@code
 * CompletionStage<CommitResult> result = backend.commit(Commit.to("lock/orders")
 *         .ifAbsent("session-1")
 *         .put("session-1", Bytes.utf8("owner and start time"), lease.id())
 *         .returningAll()
 *         .build());
 * }</pre>
 *
 * <p>The types of this package:
 *
 * <ul>
 *   <li>{@link io.sereno.spi.BackendProvider} opens a {@link io.sereno.spi.Backend} with a
 *       {@link io.sereno.spi.BackendConfig}; {@link io.sereno.spi.TimeSource} is its only clock, and
 *       {@link io.sereno.spi.PortProbe} finds out what answers at the store's address.
 *   <li>{@link io.sereno.spi.Query} asks for a {@link io.sereno.spi.Snapshot} of {@link io.sereno.spi.Entry entries},
 *       whose values are {@link io.sereno.spi.Bytes}.
 *   <li>{@link io.sereno.spi.Commit} holds {@link io.sereno.spi.Condition conditions} and
 *       {@link io.sereno.spi.Write writes}; it ends as a {@link io.sereno.spi.CommitResult} or as a
 *       {@link io.sereno.spi.BackendException}.
 *   <li>{@link io.sereno.spi.Target} is what a {@link io.sereno.spi.Watch} watches, and
 *       {@link io.sereno.spi.WatchListener} receives its notices; a {@link io.sereno.spi.NoticeQueue} is between them.
 * </ul>
 *
 * <p>Names like READ-1 refer to rules of the specification, {@code docs/spec.md}, which lists all of them, each with
 * its reason. A backend is complete when it passes the compatibility kit.
 */
@NullMarked
package io.sereno.spi;

import org.jspecify.annotations.NullMarked;
