/**
 * The permit pool: a semaphore whose permits are leased. One queue ({@link io.sereno.recipes.client.PoolQueue}) of entries that say how many permits
 * they are for.
 *
 * <pre>
 * Stored: in directory semaphore/NAME, one entry for each request that holds permits, and for the first request of each client that waits, under the
 * lease of its session. Besides the card it has a line "weight N", and once it is granted the mark, a line "held".
 * Entry "limit" has the limit; it stays, and is not bound to a lease.
 *
 * acquire(weight):                                                 PoolQueue
 *   append my request to the queue of this client; if it is the first in line: a new place, enter() as for the mutex
 *   when the first in line has its permits, or gives up: the next one makes its place, or goes on in that place if the weight is the same
 *
 * tryAcquire(weight):                                              RightQueue, PoolQueue
 *   if a caller of this client is known to wait: taken
 *   read the directory: if weight + all places &gt; limit: taken
 *   else as acquire(); but if there is no room after enter(): taken, and the place is given back
 *
 * look, of a place that has entered:                               Room
 *   weight &gt; limit: the request fails, and the place is given back
 *   no limit is stored: commit createRevision(own) = r and absent(limit) -&gt; put(limit); look again, whatever the outcome
 *   weight + all places in front &lt;= limit:
 *     first look: granted(); commit modRevision(own) = known -&gt; put(own, held), until it is certain or the permits are released
 *     later: commit modRevision(own) = known and modRevision(limit) = seen -&gt; put(own, held)
 *       COMMITTED: granted()
 *       else look again; if the own place is marked, an earlier copy was applied: granted()
 *   else if a place in front is not marked: watch the last such; look when it is marked or gone
 *   else: watch the directory; look when a place in front or the limit changes
 *   once a ttl, look without a notice
 *
 * release():                                                       PoolTurn
 *   leave() as for the mutex
 *
 * setLimit(n):                                                     Limit, Cell
 * </pre>
 *
 * <p>Why permits do not exceed the limit: of the places that are granted, take the last in the order of the queue. Its grant followed a look that showed it
 * and all places in front, also the others that are granted, to be within the limit. Places in front only become fewer, and no weight rises.
 *
 * <p>Why nobody is forgotten: take the first place that waits. All in front are marked, or will be, since a granted place without a mark is marked or goes.
 * So it watches the directory, and looks after each release in front of it. Every other place that waits watches one that waits, or that is about to be
 * marked. When that one is marked, the look of the next one begins after it.
 */
@NullMarked
package io.sereno.recipes.permits;

import org.jspecify.annotations.NullMarked;
