package io.sereno;

public record Gap(long firstOffset, long lastOffset) {
    public Gap {
        if (firstOffset < 1 || lastOffset < firstOffset) {
            throw new IllegalArgumentException(
                    "a gap from offset " + firstOffset + " to " + lastOffset + "; 1 <= first <= last is accepted");
        }
    }
}
