package io.sereno.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.sereno.micrometer.SerenoMetrics;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/**
 * Binds the meters of {@code sereno-micrometer}, if that jar is there, to the application's registry. A bean of
 * {@link SerenoMetrics} is used instead, if the application has one.
 */
@AutoConfiguration(before = SerenoAutoConfiguration.class)
@ConditionalOnClass({SerenoMetrics.class, MeterRegistry.class})
public final class SerenoMetricsAutoConfiguration {
    /** Spring Boot makes it. */
    public SerenoMetricsAutoConfiguration() {}

    @Bean
    SerenoBuilderCustomizer serenoMeters(
            ObjectProvider<SerenoMetrics> metrics, ObjectProvider<MeterRegistry> registries) {
        return builder -> {
            SerenoMetrics meters = metrics.getIfAvailable(() -> of(registries.getIfUnique()));
            if (meters != null) {
                builder.meter(meters);
            }
        };
    }

    private static @Nullable SerenoMetrics of(@Nullable MeterRegistry registry) {
        return registry == null ? null : SerenoMetrics.of(registry);
    }
}
