package io.sereno.examples;

import java.io.PrintStream;
import java.time.Duration;

/** Tells what happens, and stops the tour where it is not as promised. */
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
