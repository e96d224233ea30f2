package io.sereno.tck.run;

/** A test that did not return, most likely because a method of the SPI never returns. */
public final class StuckTest extends RuleFailure {
    private static final long serialVersionUID = 1L;

    StuckTest(String text) {
        super(text);
    }
}
