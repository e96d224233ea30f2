/**
 * Histories of what several clients did and saw at once: recorded, checked against the specification, made small, and
 * drawn.
 *
 * <p>A {@link io.sereno.tck.history.Recorder} writes down what passes through backends. {@link
 * io.sereno.tck.history.Workload} makes something pass. {@link io.sereno.tck.history.HistoryCheck} finds the first
 * operation that the specification does not allow, in time that hardly grows with the length: the store's own revisions
 * tell it the order of the commits, so that it has nothing to search. {@link io.sereno.tck.history.Linearizability}
 * searches; it is for small histories of any object of which the behaviour can be written down as a
 * {@link io.sereno.tck.history.Model}. {@link io.sereno.tck.history.Shrinker} takes out of a failing history what has
 * nothing to do with the failure, without running anything again, and {@link io.sereno.tck.history.FailurePage} draws
 * what is left.
 */
@NullMarked
package io.sereno.tck.history;

import org.jspecify.annotations.NullMarked;
