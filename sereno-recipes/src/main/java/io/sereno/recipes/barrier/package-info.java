/**
 * The barrier: named parties that wait for each other.
 *
 * <pre>
 * Stored: in directory barrier/NAME,
 *   h   the head: how many crossings there were, and the names of the places that are decided: crossed, or replaced. Put by each crossing; stays
 *   w   put by each withdrawal; stays
 *   one place for each call that waits, under the lease of its session: a card with lines "party NAME" and "parties N"
 *
 * 1. put: commit -&gt; put(place, lease), several calls in one commit; an unknown outcome is settled (Receipt). No condition on others, so arrivals never conflict.
 *
 * 2. look: read all
 *      own place named by h: decided
 *      own place gone, and not named by h: withdraw, then put again; the new place says when the first one was put (line "arrived")
 *      a later call of the own party: withdraw, "has arrived again"
 *      a place of the own session that no call knows: withdraw it, with put(place, WITHDRAWN) in place of delete(place)
 *
 * 3. cross, if the own place is the last of N, or is one of N after a ttl; of the places of one party, that of the last call counts:
 *      up to 31 parties, if the last of the N places was known before the look began:
 *        commit modRevision(h) = known, createRevision(place) = known for each -&gt; put(h)
 *      more, if two looks, one after the other, show the same first N places, the same h and the same w:
 *        commit modRevision(h) = known, modRevision(w) = known, createRevision(place) = known for the first 30 -&gt; put(h)
 *      h then says: crossed, the N names; replaced, the places of former calls of the N parties; both, names from before whose places still exist
 *
 * 4. wait: watch h; read it after a notice, and read all if it does not name the own place. A call behind N places watches the directory. Look once a ttl.
 *
 * 5. withdraw (time is up, interrupted, session over): commit modRevision(h) = known -&gt; delete(place), put(w)
 *      COMMITTED: certainly not crossed. CONFLICT: look; h may name the place
 *
 * 6. clear, when the place is decided: commit -&gt; delete(place)
 * </pre>
 *
 * <p>Why all get the same answer: only h decides. A withdrawal is committed while h does not name the place, and removes the place and changes w. So a crossing that has
 * not seen it conflicts. Only the owner of a decided place removes it, when it has seen its name in h, and the name stays in h until then.
 *
 * <p>Why all are alive: the places of few exist when they cross. Of many, the first look shows that all have arrived, and the second one, which begins after it, shows
 * each place once more. Why two looks: a read may mix moments, and show a place from before its withdrawal beside w from after it.
 *
 * <p>Why nobody is passed: a look shows each place that was put before it began, unless the place was removed meanwhile. So a look that began after the last of the N places
 * was put shows all places in front of it.
 *
 * <p>Why withdrawals do not conflict with each other: they change w without a condition on it.
 *
 * <p>Why somebody crosses: the look after the own arrival shows all places in front. So whoever becomes the last of N knows it, by that look or, if
 * it was behind N, by a notice about the one in front that left. If it dies before it crosses, another one does so after its own ttl, of which the timer takes at most
 * one and a quarter.
 */
@NullMarked
package io.sereno.recipes.barrier;

import org.jspecify.annotations.NullMarked;
