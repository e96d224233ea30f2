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
            LCK-3  | twoNeverHoldAtOnceWhateverBreaks             | 20 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            LCK-4  | aHolderIsFirstInTheStoreWhateverBreaks  | 20 | READ-6 and READ-8a: what a read shows after a reconnect
            LCK-9a | aGrantOfTryAcquireIsHeldWhateverBreaks    | 20 | the outcome of a request whose reply comes after the caller gave up
            LCK-10 | everyDeleteNamesItsIncarnationWhateverBreaks |  5 | which commits are sent again after a lost reply, and under which conditions
            """)
    void mutex(Bench bench, RuleTest test) {
        LockRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            RWL-1 | noWriterHoldsBesideAnotherWhateverBreaks          | 15 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            RWL-2 | tokensOfWritersRiseWhateverBreaks                 |  4 | what revisions a client reads after it has connected again
            RWL-3 | nobodyPassesAConflictingEntryWhateverBreaks       | 15 | READ-6 and READ-8a: what a read shows after a reconnect
            RWL-4 | noWriterComesBetweenWriterAndReaderWhateverBreaks |  1 | OUT-2: how an overwrite of unknown outcome is settled
            """)
    void readWriteMutex(Bench bench, RuleTest test) {
        NamesRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            MLK-1 | allNamesAreHeldOrNoneWhateverBreaks | 15 | LEA-2 and OUT-3 under faults
            """)
    void lockSet(Bench bench, RuleTest test) {
        NamesRun.roughSet(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SEM-1 | permitsStayWithinTheLimitWhateverBreaks     | 15 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            SEM-2 | nobodyPassesARequestThatWaitsWhateverBreaks | 15 | READ-6 and READ-8a: what a read shows after a reconnect
            """)
    void permitPool(Bench bench, RuleTest test) {
        PermitRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SLT-1 | everySlotHasOneHolderWhateverBreaks                | 15 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            SLT-2 | nobodyPassesARequestThatWaitsForASlotWhateverBreaks | 15 | READ-6 and READ-8a: what a read shows after a reconnect
            """)
    void slotPool(Bench bench, RuleTest test) {
        SlotRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            LDR-1  | everyTermHasOneLeaderWhateverBreaks     | 40 | OUT-3 and LEA-2 under faults
            LDR-2  | twoNeverLeadAtOnceWhateverBreaks        | 10 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            LDR-10 | aLeaderIsFirstInTheStoreWhateverBreaks | 10 | READ-6: that a view after a reconnect does not decide about the leader
            """)
    void election(Bench bench, RuleTest test) {
        LockRun.roughElection(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SCH-1 | eachDueTimeIsBegunOnceWhateverBreaks | 5 | OUT-2 and OUT-3: how a beginning whose reply was lost is settled
            SCH-2 | runsDoNotOverlapWhateverBreaks       | 5 | LEA-2 and COM-12 under faults: which outcome is reported for a commit whose reply was lost
            """)
    void task(Bench bench, RuleTest test) {
        TaskRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            CTR-1 | callsHaveOneOrderWhateverBreaks     | 60 | OUT-2 and OUT-3 under faults: how a commit whose reply was lost is settled
            CTR-2 | everyChangeIsMadeOnceWhateverBreaks | 60 | OUT-1: whether a change that took effect is reported as NOT_APPLIED
            """)
    void counter(Bench bench, RuleTest test) {
        CounterRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SHV-1 | callsOfAValueHaveOneOrderWhateverBreaks | 60 | OUT-2 and OUT-3 under faults: how a commit whose reply was lost is settled
            SHV-2 | noCacheOfAValueGoesBackWhateverBreaks   | 60 | READ-6 and WAT-8: what a read shows after a reconnect, and whether a watch asks for one
            """)
    void value(Bench bench, RuleTest test) {
        ValueRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SHM-1 | callsOfTheValuesOfAMapHaveOneOrderWhateverBreaks | 60 | OUT-2 and OUT-3 under faults: how a commit whose reply was lost is settled
            SHM-2 | noCacheOfAMapGoesBackWhateverBreaks              | 60 | READ-6 and WAT-8: what a read shows after a reconnect, and whether a watch asks for one
            """)
    void map(Bench bench, RuleTest test) {
        MapRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            WGP-1 | awaitEndsWithTheGenerationWhateverBreaks | 30 | WAT-3: whether the last change reaches a waiter, whatever breaks
            WGP-2 | everyPlaceCountsOnceWhateverBreaks       | 30 | OUT-2 and OUT-3: how a commit whose reply was lost is settled
            """)
    void waitGroup(Bench bench, RuleTest test) {
        WaitGroupRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            BAR-1 | allPartiesOfACrossingGetTheSameAnswerWhateverBreaks | 20 | OUT-2 and OUT-3: how an arrival, a crossing and a withdrawal whose reply was lost are settled
            BAR-2 | nobodyCrossesBeforeAllAreThereWhateverBreaks        | 20 | READ-6: what a read shows after a reconnect
            BAR-3 | nobodyPassesAPartyThatWaitsWhateverBreaks           | 20 | READ-6 and WAT-8: what a read shows after a reconnect, and whether a watch asks for one
            """)
    void barrier(Bench bench, RuleTest test) {
        BarrierRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            TOP-1  | everybodySeesTheSameMessageWhateverBreaks | 100 | OUT-2 under faults: header and batch are one commit
            TOP-2  | aPublishedMessageIsReadWhateverBreaks      |  50 | OUT-2 and READ-6: whether acknowledged messages are read after a reconnect
            TOP-3a | readersMissNothingWhateverBreaks          | 100 | WAT-8 and READ-6: whether a reader looks again after a break
            TOP-4  | everyMessageIsPublishedOnceWhateverBreaks | 100 | OUT-1 and OUT-3: how a publication whose reply was lost is settled
            """)
    void topic(Bench bench, RuleTest test) {
        TopicRun.rough(bench).judge(bench, test.rule(), test.atLeast());
    }

    @Rule(value = "MEM-1", waits = true, check = "OUT-3: how a join whose reply was lost is settled")
    void anIdHasOneOwnerWhateverBreaks(Bench bench) {
        MemberRun.rough(bench);
    }

    @Rule(value = "IDS-1", waits = true, check = "OUT-2 and OUT-3: how a reservation whose reply was lost is settled")
    void idsAreUniqueWhateverBreaks(Bench bench) {
        IdRun.rough(bench);
    }
}
