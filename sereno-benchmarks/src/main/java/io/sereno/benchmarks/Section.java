package io.sereno.benchmarks;

/**
 * The section that a lock guards, without a guard of its own: detects two threads inside, a lost count, and a token
 * that does not rise.
 */
final class Section {
    private boolean occupied;
    private long passed;
    private long lastToken;

    void pass(long token) {
        if (occupied) {
            throw new IllegalStateException("two are inside at once");
        }
        occupied = true;
        if (token <= lastToken) {
            throw new IllegalStateException("token " + token + " came after " + lastToken);
        }
        lastToken = token;
        passed++;
        occupied = false;
    }

    long passed() {
        return passed;
    }

    long lastToken() {
        return lastToken;
    }
}
