/**
 * Histories of what several concurrent clients did and saw: recorded, checked against the specification, shrunk, and
 * drawn.
 *
 * <p>A {@link io.sereno.tck.history.Recorder} records the calls of backends. {@link io.sereno.tck.history.Workload}
 * makes such calls. {@link io.sereno.tck.history.HistoryCheck} finds the first operation that the specification does
 * not allow, in time that hardly grows with the length: the store's own revisions give it the order of the commits, so
 * it has nothing to search. {@link io.sereno.tck.history.Linearizability} searches; it is for small histories of any
 * object whose behaviour can be written as a {@link io.sereno.tck.history.Model}.
 * {@link io.sereno.tck.history.Shrinker} removes everything from a failing history that has nothing to do with the
 * failure, without running anything again, and {@link io.sereno.tck.history.FailurePage} draws what is left.
 */
@NullMarked
package io.sereno.tck.history;

import org.jspecify.annotations.NullMarked;
