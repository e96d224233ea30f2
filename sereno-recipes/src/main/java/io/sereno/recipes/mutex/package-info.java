/**
 * The mutex. This is its whole protocol; each step names the class that does it.
 *
 * <pre>
 * Stored: in directory lock/NAME, one entry for each client that wants the mutex, under the lease of its session.
 * The live entry with the smallest createRevision holds the mutex. An entry with the value WITHDRAWN is not live.
 * A failed request to the store is repeated after a pause, if no line below says otherwise. A permanent failure fails all waiting requests.
 *
 * acquire():                                                       MutexRecipe, RightQueue, MutexQueue
 *   append my request to the queue of this client
 *   if the client has no entry: enter()
 *   wait for a grant; at the deadline, remove the request, and call leave() if it was the last one and nothing is held
 *
 * tryAcquire():                                                    RightQueue, MutexQueue
 *   if a caller of this client holds or waits, or a read of the directory shows another client's live entry: the mutex is taken
 *   if the read fails, so does the call
 *   else as acquire(); but if an entry is in front after enter(): the mutex is taken, and the request ends as at a deadline
 *
 * enter():                                                         Turn, Enrolment
 *   name = SESSION-N, which was never used before
 *   commit absent(name) -&gt; put(name, card, lease), and return the directory
 *     COMMITTED:   r = the commit's revision; ahead = the live entries with a createRevision below r
 *     NOT_APPLIED: pause, then enter() again
 *     LEASE_DEAD:  wait for the next session, then enter() again
 *     UNKNOWN, or CONFLICT, which proves that the name is taken: settle(name)
 *   while ahead is not empty:                                      Predecessors
 *     watch the last entry of ahead; wait for a notice, the (re)start of the watch, or one ttl
 *     if more than 31 are left:
 *       read that entry; if it is gone or was created again, read the directory, and keep in ahead only what is still there
 *     else commit the check createRevision(name) = r and absent(every entry of ahead), and return that entry
 *       COMMITTED: ahead is empty
 *       CONFLICT:  if that entry is gone or was created again, remove it from ahead; if none is left, check createRevision(name) = r
 *   granted()
 *
 * settle(name):                                                    Receipt
 *   commit absent(name) -&gt; put(name, WITHDRAWN, lease)
 *     COMMITTED: the first put can never take effect any more; enter() with another name
 *     CONFLICT:  read the entry; live means that the first put took effect, r = its createRevision; read the directory for ahead
 *   the name stays taken until the session ends
 *
 * granted():                                                       MutexQueue
 *   if no request waits: leave()
 *   else place = 0, and give the first request a grant with token = r * 1024 + place
 *   the grant is held until release(), or until the session is over by the client's own clock (Session)
 *
 * release():                                                       MutexQueue, Hold
 *   if a request waits, place &lt; 1023, 20 ms have not passed since granted(), and the session is fresh:
 *     place = place + 1, and give the next request a grant; the store is not asked
 *   else if a request waits:                                       Turn.rollOver
 *     commit createRevision(name) = r -&gt; delete(name), and the put of enter(), in one commit; CONFLICT as in leave()
 *   else: leave()
 *
 * leave():                                                         Turn.leave
 *   if the outcome of a put is unknown: settle it first
 *   commit createRevision(name) = r -&gt; delete(name)
 *     CONFLICT, and no earlier attempt was UNKNOWN: the mutex had been lost; release() throws GrantLostException
 *   so it does if the client's entry was found gone after the call of release() and before this step
 *
 * end of the session, or the client's entry is found gone:         Session, OwnEntry
 *   the entry is checked once a ttl while it waits, and watched from the next renewal of the session on
 *   the grant is lost; requests stay, and enter() again, under the next session if this one is over
 * </pre>
 *
 * <p>Why a grant excludes every other one: a commit takes effect at one moment, all or nothing. A later entry has a greater createRevision, so no
 * entry comes in front of an existing one. {@code granted()} follows a commit or read that began after the client's own entry existed and showed
 * no live entry in front of it. The session ends for the client before its lease may end in the store.
 */
@NullMarked
package io.sereno.recipes.mutex;

import org.jspecify.annotations.NullMarked;
