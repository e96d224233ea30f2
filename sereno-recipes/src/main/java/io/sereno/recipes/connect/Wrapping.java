package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import io.sereno.spi.Backend;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Calls a user's wrapper of a backend. */
final class Wrapping {
    private Wrapping() {}

    static Backend around(Backend opened, UnaryOperator<Backend> wrapper) {
        @Nullable Backend wrapped;
        try {
            wrapped = wrapper.apply(opened);
        } catch (SerenoConfigurationException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw new SerenoConfigurationException("wrap(...): the wrapper threw " + e, e);
        }
        if (wrapped == null) {
            throw new SerenoConfigurationException(
                    "wrap(...): the wrapper returned null; the backend that it was given, or one around it, is accepted");
        }
        return wrapped;
    }
}
