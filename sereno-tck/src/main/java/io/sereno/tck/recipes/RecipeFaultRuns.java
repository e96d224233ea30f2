package io.sereno.tck.recipes;

import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Bench;

/** One run of each recipe while connections break. */
public class RecipeFaultRuns {
    @RuleTable(waits = true, value = """
            LCK-1  | aResourceSeesOneHolderAtATimeWhateverBreaks  | 60 | OUT-3 and LEA-2 under faults: an entry in front that a reader did not see
            LCK-2a | tokensRiseWhateverBreaks                     | 20 | what revisions a client reads after it has connected again
            LCK-3  | twoNeverHoldAtOnceWhateverBreaks             | 20 | LEA-2 and COM-12 under faults: what is told of a commit whose reply was lost
            LCK-4  | whoIsGrantedIsFirstInTheStoreWhateverBreaks  | 20 | READ-6 and READ-8a: what a read shows after a reconnect
            LCK-9a | whatTryAcquireReturnsIsHeldWhateverBreaks    | 20 | what becomes of a request whose reply comes after it was given up
            LCK-10 | everyDeleteNamesItsIncarnationWhateverBreaks |  5 | what is sent again after a lost reply, and under what conditions
            """)
    void mutex(Bench bench, RuleTest test) {
        LockRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            LDR-1  | everyTermHasOneLeaderWhateverBreaks     | 40 | OUT-3 and LEA-2 under faults
            LDR-2  | twoNeverLeadAtOnceWhateverBreaks        | 10 | LEA-2 and COM-12 under faults: what is told of a commit whose reply was lost
            LDR-10 | whoLeadsIsFirstInTheStoreWhateverBreaks | 10 | READ-6: what a view shows after a reconnect is not to decide who leads
            """)
    void election(Bench bench, RuleTest test) {
        LockRun.roughElection(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            CTR-1 | callsHaveOneOrderWhateverBreaks     | 60 | OUT-2 and OUT-3 under faults: what became of a commit whose reply was lost
            CTR-2 | everyChangeIsMadeOnceWhateverBreaks | 60 | OUT-1: what is told as NOT_APPLIED and happened
            """)
    void counter(Bench bench, RuleTest test) {
        CounterRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            WGP-1 | awaitEndsWithTheGenerationWhateverBreaks | 30 | WAT-3: whether the last change reaches who waits, whatever breaks
            WGP-2 | everyPlaceCountsOnceWhateverBreaks       | 30 | OUT-2 and OUT-3: what became of a commit whose reply was lost
            """)
    void waitGroup(Bench bench, RuleTest test) {
        WaitGroupRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            TOP-1  | everybodySeesTheSameMessageWhateverBreaks | 100 | OUT-2 under faults: header and batch are one commit
            TOP-2  | whatWasPublishedIsReadWhateverBreaks      |  50 | OUT-2 and READ-6: whether what was acked is read after a reconnect
            TOP-3a | readersMissNothingWhateverBreaks          | 100 | WAT-8 and READ-6: whether a reader looks again after a break
            TOP-4  | everyMessageIsPublishedOnceWhateverBreaks | 100 | OUT-1 and OUT-3: what becomes of a publication whose reply was lost
            """)
    void topic(Bench bench, RuleTest test) {
        TopicRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @Rule(value = "MEM-1", waits = true, check = "OUT-3: what becomes of a join whose reply was lost")
    void anIdHasOneOwnerWhateverBreaks(Bench bench) {
        MemberRun.rough(bench);
    }

    @Rule(value = "IDS-1", waits = true, check = "OUT-2 and OUT-3: what becomes of a reservation whose reply was lost")
    void idsAreUniqueWhateverBreaks(Bench bench) {
        IdRun.rough(bench);
    }
}
