package io.sereno.spi;

import java.util.List;

public record Snapshot(List<Entry> entries, boolean more) {
    public Snapshot {
        entries = List.copyOf(entries);
    }
}
