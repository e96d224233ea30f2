/**
 * Time controlled by the test, faults on any backend, and an explorer of schedules: for testing code built on Sereno
 * without waiting and without relying on luck.
 *
 * <ul>
 *   <li>{@link io.sereno.simulation.ManualTime}: time passes when the test says so.
 *   <li>{@link io.sereno.simulation.FaultyBackend}: one fault at one place, as the test requests, on any backend.
 *   <li>{@link io.sereno.simulation.Explorer}: faults and delays at thousands of places that nobody thought of, and the
 *       trace of a schedule that breaks an invariant. For code that is driven by completions and timers.
 * </ul>
 */
@NullMarked
package io.sereno.simulation;

import org.jspecify.annotations.NullMarked;
