package io.sereno.tck;

/** A rule was tried, or could not be, and nothing is said about the backend. */
final class Inconclusive extends RuntimeException {
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
