/**
 * Time in the test's hands, faults over any backend, and an explorer of schedules: for testing what is built on Sereno
 * without waiting and without luck.
 *
 * <ul>
 *   <li>{@link io.sereno.simulation.ManualTime}: time passes when the test says so.
 *   <li>{@link io.sereno.simulation.FaultyBackend}: one fault at one place, as the test asks for it, over any backend.
 *   <li>{@link io.sereno.simulation.Explorer}: faults and delays at thousands of places that nobody thought of, and the
 *       trace of the one that breaks what must be true. For code that is driven by completions and timers.
 * </ul>
 */
@NullMarked
package io.sereno.simulation;

import org.jspecify.annotations.NullMarked;
