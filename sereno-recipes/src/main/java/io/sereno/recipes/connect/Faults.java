package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Collects the faults of several checks, to report them in one error. Fixing faults one at a time takes a deployment for each.
 */
final class Faults {
    private final List<SerenoConfigurationException> found = new ArrayList<>();

    /**
     * The result of the check, or the stand-in if the check finds a fault; {@link #throwAll} then ensures that the stand-in is not used.
     */
    <T> T collect(T standIn, Supplier<? extends T> check) {
        try {
            return check.get();
        } catch (SerenoConfigurationException fault) {
            found.add(fault);
            return standIn;
        }
    }

    void collect(Runnable check) {
        try {
            check.run();
        } catch (SerenoConfigurationException fault) {
            found.add(fault);
        }
    }

    void throwAll() {
        if (found.size() == 1) {
            throw found.get(0);
        }
        if (!found.isEmpty()) {
            SerenoConfigurationException all = new SerenoConfigurationException(found.stream()
                    .map(fault -> "\n - " + fault.getMessage())
                    .collect(Collectors.joining("", found.size() + " faults:", "")));
            found.forEach(all::addSuppressed);
            throw all;
        }
    }
}
