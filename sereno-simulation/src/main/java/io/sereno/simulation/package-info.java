/**
 * Time in the test's hands, faults over any backend, and an explorer of schedules: for testing what is built on Sereno
 * without waiting and without luck.
 */
@NullMarked
package io.sereno.simulation;

import org.jspecify.annotations.NullMarked;
