package io.sereno.tck;

/** What a run of the kit says about one rule. Ordered: of several tests of one rule the last in this order counts. */
public enum Verdict {
    /** It held. */
    PASS,
    /** It held on a backend without a network, under faults made by a decorator. */
    PASS_SIMULATED,
    /** The kit does not try it: no test can decide it, or it does not depend on the store. The reason is told. */
    UNTESTED,
    /** It was broken, as the fixture says it would be. */
    WAIVED,
    /** It was not tried: the fixture lacks what it needs, or it was not selected. */
    UNVERIFIED,
    /** It was tried, and what was seen is too little to say anything. */
    VACUOUS,
    /** It was tried, and nothing can be said: the machine stood still, or a search became too large. */
    UNKNOWN,
    /** It was broken. */
    FAIL;

    /** Whether it held, or is not for the kit to try. */
    public boolean isGreen() {
        return this == PASS || this == PASS_SIMULATED || this == UNTESTED;
    }

    /** As people read it: {@code PASS (simulated)}. */
    @Override
    public String toString() {
        return this == PASS_SIMULATED ? "PASS (simulated)" : name();
    }
}
