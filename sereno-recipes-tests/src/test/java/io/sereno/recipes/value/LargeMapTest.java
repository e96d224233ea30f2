package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.CachedMap;
import io.sereno.Codec;
import io.sereno.SharedMap;
import io.sereno.recipes.Clients;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The figure of docs/limits.md. */
@Timeout(60)
class LargeMapTest {
    private static final int KEYS = 10_000;

    @Test
    void aChangeOfALargeMapCostsOneRead() {
        try (Clients clients = new Clients()) {
            SharedMap<String> map = clients.connect("one").map("x", Codec.utf8());
            FaultyBackend line = clients.line();
            SharedMap<String> there = clients.connect("two", line).map("x", Codec.utf8());
            for (int i = 0; i < KEYS; i++) {
                map.at("key " + i).set("v");
            }
            try (CachedMap<String> cached = there.cached()) {
                assertThat(cached.getAll()).hasSize(KEYS);
                AtomicInteger reads = new AtomicInteger();
                line.each(request -> request instanceof Request.Read && reads.incrementAndGet() > 0, Fate.pass());
                for (int i = 0; i < 10; i++) {
                    map.at("key " + i).set("changed");
                    assertThat(cached.get("key " + i).orElseThrow().value()).isEqualTo("changed");
                }
                assertThat(reads).hasValue(10);
                there.delete();
                assertThat(cached.getAll()).isEmpty();
                assertThat(map.getAll()).isEmpty();
            }
        }
    }
}
