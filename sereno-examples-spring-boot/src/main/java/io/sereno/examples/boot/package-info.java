/**
 * An application with Spring Boot: {@link io.sereno.examples.boot.Planner} plans tasks in one process,
 * {@link io.sereno.examples.boot.TaskWorker} does them in one, and each process takes
 * {@link io.sereno.examples.boot.Orders}.
 */
@NullMarked
package io.sereno.examples.boot;

import org.jspecify.annotations.NullMarked;
