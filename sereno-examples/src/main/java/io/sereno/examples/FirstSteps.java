package io.sereno.examples;

import io.sereno.Grant;
import io.sereno.Sereno;

/** The first program of docs/guides/getting-started.md. */
public final class FirstSteps {
    private FirstSteps() {}

    public static void main(String[] args) throws InterruptedException {
        try (Sereno sereno = Sereno.connect(args[0])) {
            try (Grant grant = sereno.mutex("first").acquire()) {
                System.out.println("I hold the lock; my token is " + grant.fencingToken());
            }
            System.out.println("This is run number " + sereno.counter("runs").incrementAndGet());
        }
    }
}
