package io.sereno.suite.common;

import io.sereno.spi.Promise;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;

/** The recipes in another process, which is killed: what it held passes to others. */
public class SecondProcessRules {
    @Rule(value = "LCK-2a", waits = true, check = "COM-5b over processes: where revisions come from")
    void tokensRiseOverProcesses(Bench bench) {
        judge(bench, "LCK-2a");
    }

    @Rule(value = "LCK-8b", waits = true, check = "LEA-3a: what keeps the entry of a process that was killed")
    void aKilledProcessBlocksNoOther(Bench bench) {
        judge(bench, "LCK-8b");
    }

    @Rule(value = "LDR-3", waits = true, check = "LEA-3a and WAT-4: whether the end of a lease is announced")
    void anotherLeadsInTimeAfterTheLeadersProcessWasKilled(Bench bench) {
        judge(bench, "LDR-3");
    }

    @Rule(value = "MEM-3", waits = true, check = "LEA-3a: what keeps the entry of a process that was killed")
    void aMemberWhoseProcessWasKilledIsGoneInTime(Bench bench) {
        judge(bench, "MEM-3");
    }

    @Rule(value = "WGP-4", waits = true, check = "LEA-3a and WAT-4: whether the end of a lease is announced")
    void aWorkerWhoseProcessWasKilledIsNoticedInTime(Bench bench) {
        judge(bench, "WGP-4");
    }

    private static void judge(Bench bench, String rule) {
        if (!bench.guarantees().promises().contains(Promise.MANY_PROCESSES)) {
            throw bench.untested("the store is one process's own; MANY_PROCESSES is not promised");
        }
        bench.shared(SecondProcess.Heirs.class, () -> SecondProcess.killed(bench))
                .chronicle()
                .judge(bench, rule, 1);
    }
}
