package io.sereno.tck;

/** The result of the kit for one rule. Ordered: of several tests of one rule, the last verdict in this order counts. */
public enum Verdict {
    /** The rule held. */
    PASS,
    /** The rule held on a backend without a network, under faults from a decorator. */
    PASS_SIMULATED,
    /**
     * The kit does not test the rule: no test can decide it, or it does not depend on the store. The report says why.
     */
    UNTESTED,
    /** The rule was broken, as the fixture declared. */
    WAIVED,
    /** The rule was not tried: the fixture lacks what it needs, or it was not selected. */
    UNVERIFIED,
    /** The rule was tried, but too little was seen to judge it. */
    VACUOUS,
    /** The rule was tried, but cannot be judged: the machine stood still, or a search became too large. */
    UNKNOWN,
    /** The rule was broken. */
    FAIL;

    /** Whether the rule held, or is not for the kit to try. */
    public boolean isGreen() {
        return this == PASS || this == PASS_SIMULATED || this == UNTESTED;
    }

    /** As in reports: {@code PASS (simulated)}. */
    @Override
    public String toString() {
        return this == PASS_SIMULATED ? "PASS (simulated)" : name();
    }
}
