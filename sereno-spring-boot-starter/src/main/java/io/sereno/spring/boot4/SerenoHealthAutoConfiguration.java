package io.sereno.spring.boot4;

import io.sereno.Sereno;
import io.sereno.spring.boot.SerenoAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * Adds the session at the store to the health of the application: {@code UP}, {@code UNKNOWN} while renewals are not
 * acknowledged, {@code DOWN} without a session. It is neither in the group {@code liveness} nor, unless the application
 * includes it, in {@code readiness}; and who leads is no part of it.
 */
@AutoConfiguration(after = SerenoAutoConfiguration.class)
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnSingleCandidate(Sereno.class)
@ConditionalOnEnabledHealthIndicator("sereno")
public final class SerenoHealthAutoConfiguration {
    /** Spring Boot makes it. */
    public SerenoHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = "serenoHealthIndicator")
    SerenoHealthIndicator serenoHealthIndicator(Sereno sereno) {
        return new SerenoHealthIndicator(sereno);
    }
}
