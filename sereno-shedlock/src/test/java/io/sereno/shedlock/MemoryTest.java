package io.sereno.shedlock;

import java.util.UUID;

class MemoryTest extends ShedLockTests {
    private final String uri = "memory:/" + UUID.randomUUID();

    @Override
    String uri() {
        return uri;
    }
}
