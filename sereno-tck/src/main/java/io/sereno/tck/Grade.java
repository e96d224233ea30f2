package io.sereno.tck;

/** What a backend may be called after a run of the kit, from the least to the most. */
public enum Grade {
    /** A rule of the core is broken, was not tried, or could not be judged. */
    NONE("none"),
    /** Every MUST without faults holds, those of the recipes included. */
    CORE("Core"),
    /** Every MUST holds, under faults too. */
    CORE_AND_FAULTS("Core+Faults"),
    /** Every MUST and every SHOULD holds. */
    FULL("Full");

    private final String text;

    Grade(String text) {
        this.text = text;
    }

    /** As reports have it: {@code Core+Faults}. */
    @Override
    public String toString() {
        return text;
    }
}
