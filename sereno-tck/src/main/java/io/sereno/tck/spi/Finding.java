package io.sereno.tck.spi;

/** What a listener or another thread found wrong, for the rule to check; the first finding counts. */
final class Finding {
    private String text = "";

    synchronized void is(String wrong) {
        if (text.isEmpty()) {
            text = wrong;
        }
    }

    synchronized boolean isNone() {
        return text.isEmpty();
    }

    @Override
    public synchronized String toString() {
        return text;
    }
}
