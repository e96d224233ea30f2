package io.sereno.spring.boot3;

import io.sereno.Sereno;
import io.sereno.spring.boot.SessionHealth;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/** The health of the session at the store. Does no I/O. */
final class SerenoHealthIndicator implements HealthIndicator {
    private final Sereno sereno;

    SerenoHealthIndicator(Sereno sereno) {
        this.sereno = sereno;
    }

    @Override
    public Health health() {
        SessionHealth session = SessionHealth.of(sereno);
        return Health.status(session.status()).withDetails(session.details()).build();
    }
}
