package io.sereno.suite.mutants;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.util.stream.Stream;

/** Makes one promise more than the store below, and does nothing to keep it. */
public final class Promising extends Hooks {
    private final Promise more;

    /** {@code more}: the additional promise. */
    public Promising(Backend below, Promise more) {
        super(below);
        this.more = more;
    }

    @Override
    public Guarantees guarantees() {
        Guarantees plain = super.guarantees();
        return plain.toBuilder()
                .promises(Stream.concat(plain.promises().stream(), Stream.of(more))
                        .collect(toUnmodifiableSet()))
                .build();
    }
}
