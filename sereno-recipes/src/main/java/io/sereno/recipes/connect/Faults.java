package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What several checks found, to be told in one error: who mends one fault after the other deploys as many times. */
final class Faults {
    private final List<SerenoConfigurationException> found = new ArrayList<>();

    /** What the check gives, or the stand-in where it finds a fault; then {@link #throwAll} sees to it that nobody uses that. */
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
