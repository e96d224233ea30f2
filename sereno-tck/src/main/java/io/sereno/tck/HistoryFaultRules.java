package io.sereno.tck;

import io.sereno.spi.Promise;

/**
 * The history of clients whose connections break, stall and recover while they work. What holds without faults holds
 * with them too, and an operation of unknown outcome happened once or not at all.
 */
class HistoryFaultRules {
    @Rule(
            value = "READ-6",
            waits = true,
            check = "whether the first read after a reconnect, or on another server, can be behind")
    void readsShowWhatWasAckedAlsoAfterReconnecting(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "READ-6", "READ-1", 50);
    }

    @Rule(
            value = "COM-11",
            waits = true,
            check = "what the client library sends again by itself after a lost connection")
    void noCommitIsCarriedOutTwiceWhateverBreaks(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "COM-11", 20);
    }

    @Rule(
            value = "COM-14",
            waits = true,
            check = "whether a server that lags, or one that takes over, can give a revision that is too low")
    void promisedRevisionsIncreaseOverAllDirectoriesWhateverBreaks(Bench bench) {
        if (bench.promises(Promise.STORE_WIDE_REVISIONS)) {
            HistoryRun.rough(bench).judge(bench, "COM-14", 20);
        }
    }

    @Rule(value = "OUT-2", waits = true, check = "whether what was acked is in the store, once, after a reconnect too")
    void committedMeansAppliedOnceWhateverBreaks(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "OUT-2", 20);
    }

    @Rule(value = "OUT-3", waits = true, check = "what is told as UNKNOWN and sent again all the same")
    void unknownMeansAppliedAtMostOnce(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "OUT-3", HistoryRun.UNKNOWN_AND_SEEN);
    }

    @Rule(
            value = "OUT-1",
            waits = true,
            check = "which errors are told as NOT_APPLIED though the request may have been sent")
    void notAppliedMeansNeverSeen(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "OUT-1", "READ-2a", 10);
    }

    @Rule(value = "WAT-3", waits = true, check = "whether a watch that was opened again says reset() once it is live")
    void whoReadsOnEveryNoticeSeesTheLastChange(Bench bench) {
        HistoryRun.rough(bench).judge(bench, "WAT-3", "WAT-1", 5);
    }
}
