/**
 * Locks whose holders exclude only those that conflict with them: the lock with readers and writers, and the locks over several names. Both are
 * one queue ({@link io.sereno.recipes.locks.LockQueue}) of entries that say what they claim ({@link io.sereno.recipes.locks.Claims}).
 *
 * <pre>
 * Stored: in directory rwlock/NAME or lockset/DOMAIN, one entry for each place, under the lease of its session. Besides the card it has
 * a line "write NAME" or "read NAME" for each name that it claims; in rwlock/NAME the only name is "lock".
 * Two entries conflict if they share a name that either of them writes. An entry without such a line conflicts with all.
 * A live entry holds what it claims if no live entry with a smaller createRevision conflicts with it.
 *
 * acquire(claims):                                                 LockQueue
 *   from the last place of this client to the first, in the order of the store (those that it does not have yet come last):
 *     if it has the same claims and may be joined: wait in that place (until it is granted, or held for 20 ms at most; 1,024 holds)
 *     if it conflicts with the claims: end of the search
 *   if none was found: a new place, enter() as for the mutex, where "ahead" has only entries that conflict
 *
 * tryAcquire(claims):                                              RightQueue, LockQueue
 *   if a place of this client conflicts with the claims: taken
 *   if a place with the same claims is held and may be joined: granted
 *   read the directory: if an entry conflicts with the claims: taken
 *   else a new place that nobody joins; if an entry that conflicts is in front after enter(): taken, and the place is given back
 *
 * enter(), settle(), the proof that those ahead are gone, leave(): Turn
 *   those ahead become fewer when an entry is gone, was created again, or does not conflict any more
 *
 * granted():                                                       LockTurn
 *   readers: all callers in the place get a right
 *   writers: the first caller gets a grant with token = createRevision * 1024 + its number in the place
 *
 * release():                                                       LockTurn
 *   readers: the last of a place leaves
 *   writers: the next caller in the place, if 20 ms have not passed since granted(), fewer than 1,024 were served, and the session is fresh
 *     else the callers left wait in the next place with the same claims if there is one that waits, else the place rolls over to the tail
 *
 * downgrade():                                                     LockTurn, OwnEntry
 *   from the call on the holder may only read; callers left in the place go to another one
 *   commit modRevision(name) = known -&gt; put(name, the claims as reads), until it is certain
 * </pre>
 *
 * <p>Why conflicting grants exclude each other: an entry never gets in front of an existing one, and claims only become weaker, so an entry that
 * was seen not to block never blocks again. {@code granted()} follows a commit or read that began after the own entry existed and showed each
 * conflicting entry in front gone or weakened. The session ends for the client before its lease may end in the store.
 */
@NullMarked
package io.sereno.recipes.locks;

import org.jspecify.annotations.NullMarked;
