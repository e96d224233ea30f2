package io.sereno.examples;

import java.io.PrintStream;
import java.time.Duration;

/** Prints what happens, and stops the tour if a promise is not kept. */
record Narrator(PrintStream out) {
    void say(String sentence) {
        out.println(sentence);
    }

    void check(boolean asPromised, String otherwise) {
        if (!asPromised) {
            throw new IllegalStateException(otherwise);
        }
    }

    static String since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime).toMillis() + " ms";
    }
}
