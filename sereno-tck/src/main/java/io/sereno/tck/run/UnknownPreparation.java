package io.sereno.tck.run;

import java.util.Arrays;

/**
 * A commit of a rule's own preparations ended UNKNOWN though the kit made no fault, and may have caused what went
 * wrong. A store may do that at any time. The rule then starts again from nothing; it has said nothing about the
 * backend so far.
 */
public final class UnknownPreparation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String page;

    public UnknownPreparation(String what) {
        super(what);
        this.page = what;
    }

    /** An unknown outcome after which something went wrong; the page is the failure's text without that outcome. */
    public UnknownPreparation(String what, Throwable wrong, String page) {
        super(what + "; afterwards: " + wrong.getMessage(), wrong);
        this.page = page;
    }

    /** The text of the failure, if this were one. */
    String page() {
        return page;
    }

    /**
     * What went wrong and where in the rule, without the numbers in it; empty if nothing went wrong. The effects
     * of commits of unknown outcome differ from one attempt to the next; the effects of a bug are the same.
     */
    String wrong(Class<?> rules) {
        if (!(getCause() instanceof RuleFailure failure)) {
            return "";
        }
        String where = Arrays.stream(failure.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith(rules.getName()))
                .map(frame -> frame.getMethodName() + ":" + frame.getLineNumber())
                .findFirst()
                .orElse("");
        return where + " " + String.valueOf(failure.getMessage()).replaceAll("[0-9]+", "0");
    }
}
