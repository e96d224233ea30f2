/**
 * The scheduled task: a queue of nodes, of which the first begins the next due time.
 *
 * <pre>
 * Stored: in directory task/NAME, one entry for each node, under the lease of its session; entry "last", which stays and is bound to no lease.
 * It says which due time was begun last, by which place, and whether that run has ended.
 *
 * run(body):                                                       TaskRunner, Turn
 *   enter() as for the mutex
 *
 * granted(), first in the queue:                                   TaskRunner
 *   read last
 *     it names my own place and has not ended: a commit of unknown outcome was applied; begun()
 *     else plan the due time, which is later than that of last:    Schedule
 *       last has not ended: its place is gone, since mine is the first, so its runner is lost
 *         RUN_AGAIN: the same due time, at once, with the next attempt
 *   wait until it is time, by the wall clock, which is read once a second
 *   commit createRevision(own) = r and modRevision(last) = m, or absent(last) -&gt; put(last, due, own place)
 *     COMMITTED:   begun()
 *     CONFLICT:    read last
 *     NOT_APPLIED, UNKNOWN: pause, and send it again
 *
 * begun():                                                         TaskRunner, Callbacks
 *   give the body a grant with token = r * 1024, and wait until it returns; a loss of the place interrupts it
 *   end the grant
 *   commit createRevision(own) = r and modRevision(last) = m -&gt; put(last, with its end), until COMMITTED or CONFLICT
 *   give the place back, and enter() at the tail, in one commit
 *
 * the place is lost:
 *   the grant is lost; enter() again when the body has returned
 * </pre>
 *
 * <p>Why a due time is begun once: each commit that begins one is bound to the modRevision of {@code last}, so of all of them, late copies too, one is
 * applied; and the due time that it stores is later than the one before.
 *
 * <p>Why no two runs are held at once: a run is begun on condition that the place exists, which is the first; a place in front is gone by then, and
 * its session had ended for its client before.
 */
@NullMarked
package io.sereno.recipes.tasks;

import org.jspecify.annotations.NullMarked;
