package io.sereno.tck;

import io.sereno.spi.Promise;

/**
 * What can only be seen when several clients do many things concurrently: their history is recorded, and each operation
 * has to have a place in one order of all. Each rule states how often it has to have been tested.
 */
class HistoryRules {
    @Rule(value = "READ-1", waits = true, check = "whether a read may be answered by a follower, a replica or a cache")
    void readsShowWhatWasAcked(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-1", 200);
    }

    @Rule(
            value = "READ-2a",
            waits = true,
            check = "which errors are told as NOT_APPLIED though the request may have been sent")
    void nothingOfAFailedCommitIsRead(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-2a", 50);
    }

    @Rule(value = "READ-2b", waits = true, check = "whether all writes of a commit become visible at once, and to all")
    void whatOneReadShowedLaterReadsShow(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-2b", 20);
    }

    @Rule(value = "READ-2c", waits = true, check = "whether value and revisions come from one answer of the store")
    void theFieldsOfAnEntryBelongTogether(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-2c", 200);
    }

    @Rule(value = "READ-3a", waits = true, check = "whether a directory read iterates over something that changes")
    void readsShowEveryEntryThatLived(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-3a", 200);
    }

    @Rule(value = "READ-3b", waits = true, check = "whether what was deleted can be seen again")
    void readsShowNoEntryThatDidNotLive(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-3b", 100);
    }

    @Rule(value = "READ-3c", waits = true, check = "where the fields of an entry are taken from")
    void readsShowEntriesAsTheyWere(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-3c", 200);
    }

    @Rule(value = "READ-3d", waits = true, check = "whether SNAPSHOT_READS is promised without need")
    void promisedSnapshotsAreOfOneMoment(Bench bench) {
        if (bench.promises(Promise.SNAPSHOT_READS)) {
            HistoryRun.calm(bench).judge(bench, "READ-3d", 100);
        }
    }

    @Rule(value = "READ-8a", waits = true, check = "whether the returned read is made after the commit was decided")
    void returnedReadsAreNoOlderThanTheirCommit(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-8a", 50);
    }

    @Rule(value = "READ-8b", waits = true, check = "whether the returned read is made after the writes")
    void returnedReadsHaveTheCommitsOwnWrites(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "READ-8b", 30);
    }

    @Rule(value = "COM-1", waits = true, check = "whether conditions and writes are one atomic step of the store")
    void commitsTakeEffectAtOneMoment(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-1", 50);
    }

    @Rule(value = "COM-2a", waits = true, check = "whether each condition is judged, against the entry in the store")
    void commitsGoThroughOnlyIfTheirConditionsHold(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-2a", 50);
    }

    @Rule(value = "COM-3", waits = true, check = "whether 'absent' is judged and the entry put in one atomic step")
    void ofThoseWhoCreateAnEntryOneSucceeds(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-3", 10);
    }

    @Rule(value = "COM-5a", waits = true, check = "whether each commit raises the revision in its own atomic step")
    void noTwoCommitsHaveOneRevision(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-5a", 100);
    }

    @Rule(value = "COM-5b", waits = true, check = "whether revisions survive that a directory becomes empty")
    void revisionsIncreaseInTheOrderOfEffects(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-5b", 100);
    }

    @Rule(value = "COM-5d", waits = true, check = "what revision a commit reports that changed nothing")
    void onlyWhatChangesSomethingHasARevision(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-5d", 5);
    }

    @Rule(value = "COM-6", waits = true, check = "whether revisions are taken in the same atomic step as the writes")
    void laterCommitsHaveGreaterRevisions(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-6", 50);
    }

    @Rule(value = "COM-7a", waits = true, check = "what becomes of createRevision when an entry is put again")
    void puttingAgainKeepsTheCreateRevision(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-7a", 30);
    }

    @Rule(value = "COM-7b", waits = true, check = "what createRevision an entry gets that was deleted before")
    void creatingSetsTheCreateRevision(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-7b", 20);
    }

    @Rule(value = "COM-11", waits = true, check = "what the client library sends again by itself")
    void noCommitIsCarriedOutTwice(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-11", 50);
    }

    @Rule(value = "COM-12", waits = true, check = "whether a conflict is decided from a read that may be behind")
    void conflictsHaveAReason(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-12", 50);
    }

    @Rule(value = "COM-13", waits = true, check = "whether conditions without writes are judged in one atomic step")
    void checksAreJudgedAtOneMoment(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "COM-13", 10);
    }

    @Rule(value = "COM-14", waits = true, check = "whether STORE_WIDE_REVISIONS is promised without need")
    void promisedRevisionsIncreaseOverAllDirectories(Bench bench) {
        if (bench.promises(Promise.STORE_WIDE_REVISIONS)) {
            HistoryRun.calm(bench).judge(bench, "COM-14", 50);
        }
    }

    @Rule(value = "LEA-2", waits = true, check = "from when on the store counts the ttl")
    void noLeaseEndsEarly(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "LEA-2", 20);
    }

    @Rule(value = "LEA-6a", waits = true, check = "whether a dead lease can be renewed until its entries are deleted")
    void deadLeasesAreNotRenewed(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "LEA-6a", 5);
    }

    @Rule(value = "LEA-7b", waits = true, check = "whether the store itself looks at the lease when it commits")
    void nothingIsCommittedUnderADeadLease(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "LEA-7b", 5);
    }

    @Rule(value = "LEA-12", waits = true, check = "whether a lease past its deadline can be used before it is reaped")
    void aLeaseThatEndedForSomeEndedForAll(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "LEA-12", 5);
    }

    @Rule(value = "WAT-1", waits = true, check = "what becomes of notices when many changes come at once")
    void everyChangeIsAnnounced(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "WAT-1", 20);
    }

    @Rule(value = "WAT-2", waits = true, check = "whether a notice can overtake its commit")
    void readsOnANoticeSeeTheChange(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "WAT-2", 20);
    }

    @Rule(value = "OUT-2", waits = true, check = "whether what was acked is in the store, once")
    void committedMeansAppliedOnce(Bench bench) {
        HistoryRun.calm(bench).judge(bench, "OUT-2", 50);
    }
}
