package io.sereno.spring.boot;

import io.sereno.Sereno;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Makes the endpoint {@code /actuator/sereno}, if it is exposed. It shows what the auto-configured client holds, and what
 * the store has of a kind; a bean of {@link Sereno} that the application makes itself has no endpoint.
 */
@AutoConfiguration(before = SerenoAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnAvailableEndpoint(endpoint = SerenoEndpoint.class)
@ConditionalOnMissingBean(Sereno.class)
public final class SerenoEndpointAutoConfiguration {
    private final Activity activity = new Activity();

    /** Spring Boot makes it. */
    public SerenoEndpointAutoConfiguration() {}

    @Bean
    SerenoBuilderCustomizer serenoActivity() {
        return builder -> builder.meter(activity);
    }

    @Bean
    SerenoEndpoint serenoEndpoint(Sereno sereno) {
        return new SerenoEndpoint(sereno, activity);
    }
}
