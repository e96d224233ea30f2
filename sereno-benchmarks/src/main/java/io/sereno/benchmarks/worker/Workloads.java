package io.sereno.benchmarks.worker;

/** Which workload a row is. */
final class Workloads {
    private static final int PERMITS = 4;

    private Workloads() {}

    static Workload of(String row, int size, Clients clients) {
        return switch (row) {
            case "W1", "W10a", "W12a", "W15a", "metered" -> LockCycles.ofLock(clients, 1, 1, 0);
            case "W2" -> LockCycles.ofLock(clients, 1, size, 0);
            case "W3", "waiting", "W10b", "W12b", "W15b", "writers", "slots" -> LockCycles.ofLock(clients, size, 1, 0);
            case "W13a" -> LockCycles.ofPermits(clients, 1, PERMITS);
            case "W13b" -> LockCycles.ofPermits(clients, size, PERMITS);
            case "permits" -> LockCycles.ofPermits(clients, size, 1);
            case "idle" -> LockCycles.ofLock(clients, 1, 1, size);
            case "neighbours" -> new Neighbours(clients, size);
            case "W4a", "W11a" -> new Additions(clients, 1, 1, 0);
            case "W4b" -> new Additions(clients, 1, size, 0);
            case "W11b" -> new Additions(clients, size, 1, 0);
            case "W4c" -> new Additions(clients, size, 4, 0);
            case "adds" -> new Additions(clients, 1, 1, size);
            case "W5a" -> new Messages(clients, 1, 1, 0, 0);
            case "W5b" -> new Messages(clients, 1, size, 0, 0);
            case "W5c" -> new Messages(clients, size, 64, 0, 0);
            case "W5d" -> new Messages(clients, 1, 64, size, 0);
            case "kept" -> new Messages(clients, 1, 1, 0, size);
            case "W6a" -> new Candidacy(clients);
            case "W6b" -> new HandOvers(clients);
            case "W7", "locks" -> new HeldLocks(clients, size);
            case "W8" -> new FirstLock(clients);
            case "W9", "W14a", "W14b" -> new Meetings(clients, size);
            case "members" -> new Members(clients, size);
            case "ids" -> new Series(clients);
            default -> throw new IllegalArgumentException("no workload for row " + row);
        };
    }
}
