package io.sereno.tck.run;

import io.sereno.tck.Verdict;

/** A rule was tested, or could not be, without a verdict about the backend. */
public final class Inconclusive extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Verdict verdict;

    Inconclusive(Verdict verdict, String why) {
        super(why);
        this.verdict = verdict;
    }

    Verdict verdict() {
        return verdict;
    }
}
