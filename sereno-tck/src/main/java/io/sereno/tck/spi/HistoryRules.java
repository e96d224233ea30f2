package io.sereno.tck.spi;

import io.sereno.spi.Promise;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Bench;

/**
 * Rules that need several clients with many concurrent operations: their history is recorded, and each operation has to
 * have a place in one order of all. Each rule states how often it has to have been tested.
 */
public class HistoryRules {
    @RuleTable(waits = true, value = """
            READ-1  | readsShowWhatWasAcked                     | 200 | whether a read may be answered by a follower, a replica or a cache
            READ-2a | nothingOfAFailedCommitIsRead              |  50 | which errors are reported as NOT_APPLIED though the request may have been sent
            READ-2b | laterReadsShowTheStateOfEarlierReads           |  20 | whether all writes of a commit become visible at once, and to all
            READ-2c | theFieldsOfAnEntryBelongTogether          | 200 | whether value and revisions come from one answer of the store
            READ-3a | readsShowEveryEntryThatLived              | 200 | whether a directory read iterates over something that changes
            READ-3b | readsShowNoEntryThatDidNotLive            | 100 | whether a deleted entry can be read again
            READ-3c | readsShowEntriesAsTheyWere                | 200 | where the fields of an entry are taken from
            READ-8a | returnedReadsAreNoOlderThanTheirCommit    |  50 | whether the returned read is made after the commit was decided
            READ-8b | returnedReadsHaveTheCommitsOwnWrites      |  30 | whether the returned read is made after the writes
            COM-1   | commitsTakeEffectAtOneMoment              |  50 | whether conditions and writes are one atomic step of the store
            COM-2a  | commitsGoThroughOnlyIfTheirConditionsHold |  50 | whether each condition is judged, against the entry in the store
            COM-3   | exactlyOneCreatorOfAnEntrySucceeds        |  10 | whether 'absent' is judged and the entry put in one atomic step
            COM-5a  | noTwoCommitsHaveOneRevision               | 100 | whether each commit raises the revision in its own atomic step
            COM-5b  | revisionsIncreaseInTheOrderOfEffects      | 100 | whether revisions survive that a directory becomes empty
            COM-5d  | onlyWhatChangesSomethingHasARevision      |   5 | what revision a commit reports that changed nothing
            COM-6   | laterCommitsHaveGreaterRevisions          |  50 | whether revisions are taken in the same atomic step as the writes
            COM-7a  | puttingAgainKeepsTheCreateRevision        |  30 | what becomes of createRevision when an entry is put again
            COM-7b  | creatingSetsTheCreateRevision             |  20 | what createRevision an entry gets that was deleted before
            COM-11  | noCommitIsCarriedOutTwice                 |  50 | what the client library resends by itself
            COM-12  | conflictsHaveAReason                      |  50 | whether a conflict is decided from a read that may be behind
            COM-13  | checksAreJudgedAtOneMoment                |  10 | whether conditions without writes are judged in one atomic step
            LEA-2   | noLeaseEndsEarly                          |  20 | the moment from which the store counts the ttl
            LEA-6a  | deadLeasesAreNotRenewed                   |   5 | whether a dead lease can be renewed until its entries are deleted
            LEA-7b  | nothingIsCommittedUnderADeadLease         |   5 | whether the store itself checks the lease when it commits
            LEA-12  | aLeaseThatEndedForSomeEndedForAll         |   5 | whether a lease past its deadline can be used before it is reaped
            WAT-1   | everyChangeIsAnnounced                    |  20 | what becomes of notices when many changes come at once
            WAT-2   | readsOnANoticeSeeTheChange                |  20 | whether a notice can overtake its commit
            OUT-2   | committedMeansAppliedOnce                 |  50 | whether each acknowledged commit is in the store, once
            """)
    void calm(Bench bench, RuleTest test) {
        HistoryRun.calm(bench).judge(bench, test.rule(), test.atLeast());
    }

    @RuleTable("""
            READ-1  | readsBesideOtherThreadsShowWhatWasAcked      | 200 | what guards the state that a read looks at while another thread changes it
            READ-2b | commitsBecomeVisibleWholeToOtherThreads      |  20 | whether all writes of a commit are made under one lock, and read under it
            READ-8a | returnedReadsBesideOtherThreadsAreNoOlder    |  20 | whether the returned read is made under the lock of its commit
            COM-1   | commitsOfSeveralThreadsAreAtomic             |   5 | whether conditions are judged and writes are made under one lock, or in one transaction
            COM-3   | exactlyOneOfSeveralThreadsCreatesAnEntry     |   1 | whether 'absent' is judged and the entry put under one lock, or in one transaction
            COM-5a  | commitsOfSeveralThreadsHaveTheirOwnRevisions |  50 | whether the counter of revisions is raised in one atomic step
            READ-3a | readsBesideOtherThreadsShowEveryEntry        |   1 | whether a read iterates over something that another thread changes
            READ-3b | readsBesideOtherThreadsShowNoDeletedEntry    |   1 | whether a deletion is made under the lock of reads
            READ-3c | readsBesideOtherThreadsShowEntriesAsTheyWere |   1 | whether the fields of an entry are changed under the lock of reads
            COM-7a  | puttingAgainBesideOthersKeepsTheRevision     |   1 | whether an entry is looked up and put again under one lock
            COM-11  | noCommitOfSeveralThreadsIsCarriedOutTwice    |   1 | whether the answer to one call can be given to another
            COM-12  | conflictsBesideOtherThreadsHaveAReason       |   1 | whether conditions are judged under the lock of writes
            WAT-1   | changesOfSeveralThreadsAreAnnounced          |   1 | whether notices are handed over in an order that loses one
            WAT-2   | noticesBesideOtherThreadsComeAfterTheChange  |   1 | whether a notice is sent before the writes of its commit are visible
            OUT-2   | committedBesideOtherThreadsMeansAppliedOnce  |   1 | whether the answer to one call can be given to another
            COM-5b  | revisionsOfSeveralThreadsAreInOrder          |  50 | whether a revision is drawn under the lock under which the writes are made
            """)
    void parallel(Bench bench, RuleTest test) {
        HistoryRun.judgeParallel(bench, test.rule(), test.atLeast());
    }

    @Rule(value = "READ-3d", waits = true, check = "whether SNAPSHOT_READS is promised without need")
    void promisedSnapshotsAreOfOneMoment(Bench bench) {
        if (bench.promises(Promise.SNAPSHOT_READS)) {
            HistoryRun.calm(bench).judge(bench, "READ-3d", 100);
        }
    }

    @Rule(value = "COM-14", waits = true, check = "whether STORE_WIDE_REVISIONS is promised without need")
    void promisedRevisionsIncreaseOverAllDirectories(Bench bench) {
        if (bench.promises(Promise.STORE_WIDE_REVISIONS)) {
            HistoryRun.calm(bench).judge(bench, "COM-14", 50);
        }
    }
}
