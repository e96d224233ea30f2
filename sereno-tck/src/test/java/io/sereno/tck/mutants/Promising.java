package io.sereno.tck.mutants;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.util.stream.Stream;

/** Promises one thing more than the store below, and does nothing for it. */
public final class Promising extends Wrapper {
    private final Promise more;

    /** {@code more}: what is promised. */
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
