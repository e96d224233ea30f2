package io.sereno.spring.boot;

import io.sereno.Sereno;

/**
 * Changes the builder of the auto-configured {@link Sereno} after the properties were applied, and before it connects.
 * All beans of this type are called, in the order of {@code @Order}.
 *
 * <pre>{@code
 * @Bean
 * SerenoBuilderCustomizer auditsSessions() {
 *     return builder -> builder.observer(audit);
 * }
 * }</pre>
 */
@FunctionalInterface
public interface SerenoBuilderCustomizer {
    /**
     * Changes the builder.
     *
     * @param builder not connected yet; must not be connected here
     */
    void customize(Sereno.Builder builder);
}
