package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Commits that change nothing: checks, and deletes of missing entries. */
public class CheckRules {
    private static final String DIRECTORY = "check";
    private static final Bytes VALUE = Bytes.utf8("value");

    @Rule(
            value = "COM-5d",
            check =
                    "that the result of a check, or of a delete of nothing, does not carry the store's present revision")
    void aCommitThatChangesNothingHasNoRevision(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "a", "1");
        for (Commit commit : unchanging()) {
            bench.same("the revision of " + commit, 0L, client.committed(commit).revision());
        }
        Commit both = Commit.to(DIRECTORY).delete("never").put("b", VALUE).build();
        bench.verify(
                client.committed(both).revision() > 0,
                () -> "a commit that deletes what is absent and puts has no revision");
    }

    private static List<Commit> unchanging() {
        return List.of(
                Commit.to(DIRECTORY).build(),
                Commit.to(DIRECTORY).ifPresent("a").build(),
                Commit.to(DIRECTORY).ifPresent("a").ifAbsent("b").returningAll().build(),
                Commit.to(DIRECTORY).delete("never").build(),
                Commit.to(DIRECTORY)
                        .ifPresent("a")
                        .delete("never")
                        .delete("nobody")
                        .build());
    }

    @Rule(value = "COM-8a", check = "whether a check, or a failed commit, touches what it compares with")
    void aCommitThatChangesNothingLeavesEverything(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "a", "1");
        client.put(DIRECTORY, "c", "2");
        List<Entry> before = client.all(DIRECTORY);
        for (Commit commit : unchanging()) {
            client.committed(commit);
            bench.same("the directory after " + commit, before, client.all(DIRECTORY));
        }
        client.commit(Commit.to(DIRECTORY)
                .ifAbsent("a")
                .put("a", VALUE)
                .put("b", VALUE)
                .delete("c")
                .build());
        bench.same("the directory after a commit that ended as a conflict", before, client.all(DIRECTORY));
        long next = client.put(DIRECTORY, "a", "3");
        bench.verify(
                next > before.get(1).modRevision(),
                () -> "revision " + next + " comes after " + before.get(1).modRevision());
    }

    @Rule(value = "COM-8b", check = "whether guards or counters kept beside the entries are watched too")
    void aCommitThatChangesNothingIsNotAnnounced(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "a", "1");
        Notices notices = bench.client().watch(DIRECTORY);
        // Some stores announce unchanged entries together with changed ones. So each round has a twin in which only its
        // last change is made.
        int rounds = 6;
        long leastWith = Long.MAX_VALUE;
        long mostWithout = 0;
        List<String> received = List.of();
        for (int round = 0; round < rounds; round++) {
            mostWithout = Math.max(mostWithout, others(noticesUntil(client, notices, List.of(), "twin " + round)));
            received = noticesUntil(client, notices, unchanging(), "round " + round);
            leastWith = Math.min(leastWith, others(received));
        }
        List<String> last = received;
        bench.verify(
                leastWith <= mostWithout,
                () -> "commits that changed nothing were followed by notices in each of " + rounds
                        + " rounds, and fewer came in rounds without any; the last were " + last);
    }

    private static List<String> noticesUntil(Client client, Notices notices, List<Commit> commits, String sentinel) {
        int before = notices.count();
        commits.forEach(client::committed);
        client.put(DIRECTORY, sentinel, "1");
        notices.awaitAnnounced(sentinel, before);
        return notices.since(before);
    }

    /** Notices of entries that are not sentinels. */
    private static long others(List<String> received) {
        return received.stream()
                .filter(name -> unchanging().stream()
                        .anyMatch(commit -> commit.conditions().stream()
                                        .anyMatch(each -> each.name().equals(name))
                                || commit.writes().stream()
                                        .anyMatch(each -> each.name().equals(name))))
                .count();
    }

    @Rule(value = "COM-13", check = "whether all conditions are judged in one atomic step, also without writes")
    void aCheckIsJudgedAtOneMoment(Bench bench) {
        Client writer = bench.client();
        Client checker = bench.client();
        Commit both = Commit.to(DIRECTORY).ifPresent("a").ifPresent("b").build();
        Commit neither = Commit.to(DIRECTORY).ifAbsent("a").ifAbsent("b").build();
        writer.put(DIRECTORY, "a", "there is one of a and b at all times");
        List<CompletionStage<CommitResult>> checks = new ArrayList<>();
        for (int flip = 0; flip < 60; flip++) {
            // Not awaited: the entries change places while the commits are under way.
            for (int i = 0; i < 2; i++) {
                checks.add(checker.backend().commit(both));
                checks.add(checker.backend().commit(neither));
            }
            String there = flip % 2 == 0 ? "b" : "a";
            String gone = flip % 2 == 0 ? "a" : "b";
            writer.committed(Commit.to(DIRECTORY).put(there, VALUE).delete(gone).build());
            if (bench.inProcess()) {
                bench.pass(Duration.ofMillis(1 + bench.random().nextInt(4)));
            }
        }
        long judged = 0;
        for (CompletionStage<CommitResult> check : checks) {
            CallResult<CommitResult> ended = bench.end(check, bench.patience());
            if (ended.succeeded()) {
                judged++;
                bench.verify(
                        ended.result() instanceof CommitResult.Conflict,
                        () ->
                                "there is one of two entries at all times, and a check that both or neither of them are there"
                                        + " ended as " + ended);
            }
        }
        bench.evidence("checks", judged, checks.size() / 2);
    }
}
