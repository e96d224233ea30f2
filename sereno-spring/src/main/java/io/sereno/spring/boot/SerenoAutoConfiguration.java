package io.sereno.spring.boot;

import io.sereno.Sereno;
import io.sereno.operator.Operator;
import io.sereno.spring.SerenoAnnotations;
import io.sereno.spring.SerenoLifecycle;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * Makes the bean of {@link Sereno} from the properties {@code sereno.*}, and the bean of its {@link Operator}, unless the application has them. The start of the
 * application waits until the store has answered, and fails if none answers within {@code sereno.connect-retry}. When the
 * application stops, leaderships are released first, and the client is closed with its bean. {@link SerenoAnnotations} are
 * switched on.
 */
@AutoConfiguration
@EnableConfigurationProperties(SerenoProperties.class)
@Import(SerenoAnnotations.class)
public final class SerenoAutoConfiguration {
    /** Spring Boot makes it. */
    public SerenoAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    SerenoLifecycle serenoLifecycle() {
        return new SerenoLifecycle();
    }

    @Bean
    @ConditionalOnMissingBean
    Sereno sereno(
            SerenoProperties properties,
            SerenoLifecycle lifecycle,
            ObjectProvider<SerenoConnectionDetails> details,
            ObjectProvider<SerenoBuilderCustomizer> customizers) {
        Connection connection = new Connection(properties, details.getIfAvailable());
        return lifecycle.observe(connection.connect(customizers.orderedStream().toList()));
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnSingleCandidate(Sereno.class)
    Operator serenoOperator(Sereno sereno) {
        return sereno.operator();
    }
}
