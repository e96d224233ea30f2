package io.sereno.shedlock;

class MemoryTest extends ShedLockTests {
    @Override
    String store() {
        return "memory:";
    }
}
