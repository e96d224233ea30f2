package io.sereno.tck;

/** A test that did not come back: a method of the SPI that never returns, most likely. */
final class StuckTest extends RuleFailure {
    private static final long serialVersionUID = 1L;

    StuckTest(String text) {
        super(text);
    }
}
