package io.sereno.tck.recipes;

import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Bench;

/** One run of each recipe on a store without faults: many calls of several clients, judged together. */
public class RecipeRuns {
    @RuleTable(waits = true, value = """
            LCK-1  | aResourceThatRefusesLowerTokensSeesOneHolderAtATime | 60 | COM-5b and COM-6: a later entry has to have a greater createRevision
            LCK-2a | tokensRiseInTheOrderOfGrants                        | 30 | COM-5b and COM-7b: what createRevision an entry gets that is put again
            LCK-3  | twoNeverHoldAtOnce                                  | 20 | COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early
            LCK-4  | aHolderIsFirstInTheStore                       | 20 | READ-8a and COM-13: what the returned read shows, and checks of two entries
            LCK-9a | aGrantOfTryAcquireIsHeld                         | 20 | whether a timeout and a grant can both win
            LCK-10 | everyDeleteNamesItsIncarnation                      | 10 | whether every delete of the recipe is bound to the createRevision of its own entry
            """)
    void mutex(Bench bench, RuleTest test) {
        LockRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            RWL-1 | noWriterHoldsBesideAnother         | 15 | COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early
            RWL-2 | tokensOfWritersRise                |  4 | COM-5b and COM-7b: what createRevision an entry gets that is put again
            RWL-3 | nobodyPassesAConflictingEntry      | 15 | READ-8a and COM-13: what the returned read shows, and checks of two entries
            RWL-4 | noWriterComesBetweenWriterAndReader |  1 | COM-7a: whether an entry that is overwritten keeps its place
            """)
    void readWriteMutex(Bench bench, RuleTest test) {
        NamesRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            MLK-1 | allNamesAreHeldOrNone               | 15 | COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early
            MLK-2 | everyRequestIsGrantedInTheEnd       | 12 | WAT-1: whether a waiter is notified of each entry that goes
            """)
    void lockSet(Bench bench, RuleTest test) {
        NamesRun.calmSet(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SEM-1 | permitsStayWithinTheLimit           | 15 | COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early
            SEM-2 | nobodyPassesARequestThatWaits       | 15 | READ-8a and WAT-1: what the returned read shows, and whether a waiter is notified
            """)
    void permitPool(Bench bench, RuleTest test) {
        PermitRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SLT-1 | everySlotHasOneHolder                 | 15 | COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early
            SLT-2 | nobodyPassesARequestThatWaitsForASlot | 15 | READ-8a and WAT-1: what the returned read shows, and whether a waiter is notified
            """)
    void slotPool(Bench bench, RuleTest test) {
        SlotRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            LDR-1  | everyTermHasOneLeaderAndAGreaterToken | 60 | COM-5b and COM-6: a later entry has to have a greater createRevision
            LDR-2  | twoNeverLeadAtOnce                    | 15 | COM-1 and LEA-2: conditions that are judged, leases that do not end early
            LDR-10 | aLeaderIsFirstInTheStore             | 15 | READ-3a and COM-13: whether the leader is taken from a view, or proven
            """)
    void election(Bench bench, RuleTest test) {
        LockRun.calmElection(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SCH-1 | eachDueTimeIsBegunOnce | 8 | COM-1 and COM-4: compare-and-set on modRevision, together with the own place
            SCH-2 | runsDoNotOverlap       | 8 | COM-5b, COM-6 and LEA-2: createRevisions that rise, leases that do not end early
            """)
    void task(Bench bench, RuleTest test) {
        TaskRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            CTR-1 | callsHaveOneOrder     | 60 | COM-1 and COM-4: compare-and-set on modRevision
            CTR-2 | everyChangeIsMadeOnce | 60 | COM-11: whether a commit is carried out twice
            """)
    void counter(Bench bench, RuleTest test) {
        CounterRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SHV-1 | callsOfAValueHaveOneOrder   | 60 | COM-1 and COM-4: compare-and-set on modRevision
            SHV-2 | noCacheOfAValueGoesBack     | 60 | READ-1 and WAT-1: whether a read shows what was acknowledged, and the last change is announced
            """)
    void value(Bench bench, RuleTest test) {
        ValueRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            SHM-1 | callsOfTheValuesOfAMapHaveOneOrder | 60 | COM-1 and COM-4: compare-and-set on modRevision, of one entry among several
            SHM-2 | noCacheOfAMapGoesBack              | 60 | WAT-1: whether a notice names the entry that has changed
            """)
    void map(Bench bench, RuleTest test) {
        MapRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            WGP-1 | awaitEndsWithTheGeneration | 40 | WAT-1 and COM-1: whether the change that ends a generation is announced
            """)
    void waitGroup(Bench bench, RuleTest test) {
        WaitGroupRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            BAR-1 | allPartiesOfACrossingGetTheSameAnswer | 20 | COM-1 and COM-3: conditions that are judged, on the entry that decides who has crossed
            BAR-2 | nobodyCrossesBeforeAllAreThere        | 20 | READ-3b: whether a read shows a place that is gone
            BAR-3 | nobodyPassesAPartyThatWaits           | 20 | READ-3a and WAT-1: whether a read shows all places, and whether a party is notified
            """)
    void barrier(Bench bench, RuleTest test) {
        BarrierRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable(waits = true, value = """
            TOP-1  | everybodySeesTheSameMessageAtAnOffset | 150 | COM-1: header and batch are one commit
            TOP-2  | aPublishedMessageIsReadAtItsOffset     | 100 | READ-1: whether acknowledged messages are read
            TOP-3a | readersMissNothing                    | 150 | READ-3 and WAT-1: whether a range read may miss what lived throughout, or a notice get lost
            TOP-4  | everyMessageIsPublishedOnce           | 150 | COM-11: whether a commit is carried out twice
            TOP-5  | messagesOfOneThreadKeepTheirOrder     | 150 | whether messages of one client overtake each other
            """)
    void topic(Bench bench, RuleTest test) {
        TopicRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @Rule(value = "MEM-1", waits = true, check = "COM-3: exactly one put of an absent entry succeeds")
    void anIdHasOneOwner(Bench bench) {
        MemberRun.calm(bench);
    }

    @Rule(value = "IDS-1", waits = true, check = "COM-1 and COM-3: slots and ticks are reserved by conditional commits")
    void idsAreUniqueOverClientsRestartsAndClocks(Bench bench) {
        IdRun.calm(bench);
    }
}
