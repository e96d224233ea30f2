package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import org.jspecify.annotations.Nullable;

/** How the failures of one recipe instance are told to its users. */
public interface Errors {
    /** Nothing was changed, nor ever will be. */
    RuntimeException notApplied(String operation, @Nullable BackendException because);

    /** Nobody knows whether it was, is, or will be changed. */
    RuntimeException outcomeUnknown(String operation, @Nullable BackendException because);

    /** The client is closed; nothing was changed. */
    RuntimeException closed(String operation);
}
