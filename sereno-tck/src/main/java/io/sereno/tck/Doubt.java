package io.sereno.tck;

/**
 * A commit of a rule's own preparations ended UNKNOWN though the kit made no fault, and what went wrong may be its work. A
 * store may do that at any time, and the rule is then begun again from nothing; it has said nothing about the backend so far.
 */
final class Doubt extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Doubt(String what) {
        super(what);
    }
}
