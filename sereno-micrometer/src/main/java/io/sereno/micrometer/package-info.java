/**
 * Metrics and observations of Sereno for <a href="https://micrometer.io">Micrometer</a>: begin with
 * {@link io.sereno.micrometer.SerenoMetrics}; {@link io.sereno.micrometer.SerenoObservations} is for traces.
 */
@NullMarked
package io.sereno.micrometer;

import org.jspecify.annotations.NullMarked;
