package io.sereno.benchmarks.micrometer;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sereno.Sereno;
import io.sereno.benchmarks.systems.SerenoSystem;
import io.sereno.micrometer.SerenoMetrics;

/** Sereno whose clients have a registry of meters each. */
public final class MeteredSystem extends SerenoSystem {
    @Override
    protected Sereno.Builder builder() {
        return super.builder().meter(SerenoMetrics.of(new SimpleMeterRegistry()));
    }
}
