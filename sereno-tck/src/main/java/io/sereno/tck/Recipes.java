package io.sereno.tck;

import io.sereno.Sereno;
import io.sereno.spi.Backend;
import java.util.function.UnaryOperator;

/**
 * How a client of the recipes is made over a backend: the one door through which the rules of the recipes get at what they
 * try, also in a second JVM.
 *
 * <p>The kit's own tests plant bugs here. {@code new Kit(fixture, null, recipes, seed)} runs rules over others than the shipped
 * ones, and {@link SerenoTck#recipes()} does so for a whole JUnit class. What is planted is a decorator of the {@link Sereno}
 * that comes out, or of the {@link Backend} that goes in:
 *
 * <pre>{@code
 * Recipes late = (backend, settings) -> new LateTryAcquire(Recipes.SHIPPED.over(backend, settings));
 * Recipes deaf = (backend, settings) -> Recipes.SHIPPED.over(new WithoutNotices(backend), settings);
 * try (Kit kit = new Kit(fixture, null, late, seed)) {
 *     Kit.testsOf("LCK-9a").forEach(kit::run);
 * }
 * }</pre>
 */
@FunctionalInterface
interface Recipes {
    /** Those that the class path has. */
    Recipes SHIPPED = (backend, settings) ->
            settings.apply(Sereno.builder().backend(backend)).connect();

    /**
     * Makes a client.
     *
     * @param backend of the fixture, perhaps with something of the kit's around it; stays open
     * @param settings clock, executor, ttl of the session and operation timeout
     * @return closed by the kit
     */
    Sereno over(Backend backend, UnaryOperator<Sereno.Builder> settings);
}
