package io.sereno.tck;

/** The grade of a backend after a run of the kit, from the lowest to the highest. */
public enum Grade {
    /** A rule of the core is broken, was not tried, or could not be judged. */
    NONE("none"),
    /** Every MUST without faults holds, including those of the recipes. */
    CORE("Core"),
    /** Every MUST holds, also under faults. */
    CORE_AND_FAULTS("Core+Faults"),
    /** Every MUST and every SHOULD holds. */
    FULL("Full");

    private final String text;

    Grade(String text) {
        this.text = text;
    }

    /** As in reports: {@code Core+Faults}. */
    @Override
    public String toString() {
        return text;
    }
}
