package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import org.jspecify.annotations.Nullable;

/** The exceptions by which one recipe instance reports failures to its users. */
public interface Errors {
    /** The beginning of a message: the operation, what it is about, and the store. */
    String about(String operation);

    /** Nothing was changed, and nothing ever will be. */
    RuntimeException notApplied(String operation, @Nullable BackendException because);

    /** It is unknown whether the change was, is, or will be applied. */
    RuntimeException outcomeUnknown(String operation, @Nullable BackendException because);

    /** The client is closed; nothing was changed. */
    RuntimeException closed(String operation);
}
