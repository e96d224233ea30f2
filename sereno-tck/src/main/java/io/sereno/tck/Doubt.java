package io.sereno.tck;

import java.util.Arrays;

/**
 * A commit of a rule's own preparations ended UNKNOWN though the kit made no fault, and what went wrong may be its work. A
 * store may do that at any time, and the rule is then begun again from nothing; it has said nothing about the backend so far.
 */
final class Doubt extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String page;

    Doubt(String what) {
        super(what);
        this.page = what;
    }

    /** One after which something went wrong; the page is how that reads without it. */
    Doubt(String what, Throwable wrong, String page) {
        super(what + "; afterwards: " + wrong.getMessage(), wrong);
        this.page = page;
    }

    /** What a failure would say, if this were one. */
    String page() {
        return page;
    }

    /**
     * What went wrong, and where in the rule, without the numbers in it; empty if it was nothing but the doubt. What doubtful commits
     * do differs from one beginning to the next; what a bug does is the same.
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
