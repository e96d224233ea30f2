package io.sereno.tck.run;

import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.tck.SerenoTck;
import java.util.function.UnaryOperator;

/**
 * How a client of the recipes is made over a backend. The rules of the recipes create the clients that they test only in
 * this way, also in a second JVM.
 *
 * <p>The kit's own tests plant bugs here. {@code new Kit(fixture, rules, null, recipes, seed)} runs rules over other recipes than
 * the shipped ones, and {@link SerenoTck#recipes()} does so for a whole JUnit class. A planted bug is a decorator of the
 * {@link Sereno} that is returned, or of the {@link Backend} that is passed in:
 *
 * <pre>{@code
 * Recipes late = (backend, settings) -> new LateTryAcquire(Recipes.SHIPPED.over(backend, settings));
 * Recipes deaf = (backend, settings) -> Recipes.SHIPPED.over(new WithoutNotices(backend), settings);
 * try (Kit kit = new Kit(fixture, rules, null, late, seed)) {
 *     rules.testsOf("LCK-9a").forEach(kit::run);
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Recipes {
    /** The recipes on the class path. */
    Recipes SHIPPED = (backend, settings) ->
            settings.apply(Sereno.builder().backend(backend)).connect();

    /**
     * Makes a client.
     *
     * @param backend of the fixture, perhaps with a layer of the kit around it; stays open
     * @param settings clock, executor, ttl of the session and operation timeout
     * @return the client, which the kit closes
     */
    Sereno over(Backend backend, UnaryOperator<Sereno.Builder> settings);
}
