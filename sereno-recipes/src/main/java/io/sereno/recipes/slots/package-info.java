/**
 * The slot pool: numbers that are leased. One queue ({@link io.sereno.recipes.client.PoolQueue}) of entries, of which each says which number it has.
 *
 * <pre>
 * Stored: in directory slots/NAME, one entry for each slot that is held, and for the first request of each client that waits, under the lease of its
 * session. Besides the card it has a line "count N": it wants one of the numbers 0 to N - 1. Once it is granted it has the mark, a line "number N".
 * Nothing else, so nothing stays behind.
 *
 * acquire(), acquire(preferred), tryAcquire():                     PoolQueue
 *   as for permits; a request goes on in the place of another if both have the same count and, once a number was chosen, the same preferred number
 *
 * look, of a place that has entered:                               Room, Numbers
 *   the numbers of all places in front are stored, and one below the own count is free:
 *     choose the preferred number if it is free, else the least that is free
 *     first look: granted(); commit modRevision(own) = known -&gt; put(own, number), until it is certain or the slot is released
 *     later: commit modRevision(own) = known -&gt; put(own, number)
 *       COMMITTED: granted()
 *       else look again; if the own place has a number, an earlier copy was applied: granted() with that number
 *   else if a place in front has no number: watch the last such; look when it has one or is gone
 *   else: watch the directory; look when a place in front changes
 *   once a ttl, look without a notice
 *
 * release():                                                       PoolTurn
 *   leave() as for the mutex
 * </pre>
 *
 * <p>Why a number has one holder: a place chooses only when it knows the numbers of all live places in front. Those keep them for as long as they exist, and
 * nobody gets in front. A place behind chooses only when this one has stored its number, or is gone. The grant and the number are one commit, or the number
 * follows a grant that keeps all places behind waiting until then.
 *
 * <p>Why tokens rise for each number: the token follows from the createRevision of the place. Places get their numbers in the order of their createRevisions,
 * and the next one with the same number gets it after the former place is gone.
 *
 * <p>Why nobody is forgotten: as for permits. The first place without a number watches all in front, and every other one watches the nearest in front
 * that has none. So a slot that comes back wakes one client.
 */
@NullMarked
package io.sereno.recipes.slots;

import org.jspecify.annotations.NullMarked;
