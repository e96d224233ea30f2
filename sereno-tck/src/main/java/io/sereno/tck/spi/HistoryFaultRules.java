package io.sereno.tck.spi;

import io.sereno.spi.Promise;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Bench;

/**
 * The history of clients whose connections break, stall and recover while they work. What holds without faults holds
 * with them too, and an operation of unknown outcome happened once or not at all.
 */
public class HistoryFaultRules {
    @RuleTable(waits = true, value = """
            READ-6 | readsShowWhatWasAckedAlsoAfterReconnecting | 50 | whether the first read after a reconnect, or on another server, can be behind
            COM-11 | noCommitIsCarriedOutTwiceWhateverBreaks    | 20 | what the client library resends by itself after a lost connection
            OUT-2  | committedMeansAppliedOnceWhateverBreaks    | 20 | whether each acknowledged commit is in the store, once, after a reconnect too
            OUT-3  | unknownMeansAppliedAtMostOnce              |  2 | whether a commit that is reported as UNKNOWN is sent again
            OUT-1  | notAppliedMeansNeverSeen                   | 10 | which errors are reported as NOT_APPLIED though the request may have been sent
            WAT-3  | aReaderOnEveryNoticeSeesTheLastChange     |  5 | whether a watch that was opened again says reset() once it is live
            """)
    void rough(Bench bench, RuleTest test) {
        HistoryRun.rough(bench).judge(bench, test.rule(), test.atLeast());
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
}
