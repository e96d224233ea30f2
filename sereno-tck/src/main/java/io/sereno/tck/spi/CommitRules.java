package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.RuleFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Commits that have one right answer. Histories judge the rest. */
public class CommitRules {
    private static final String DIRECTORY = "commit";
    private static final Bytes VALUE = Bytes.utf8("value");

    @Rule(
            value = "COM-2a",
            check = "whether all conditions are checked and combined with AND, not only the first or the last")
    void aCommitSucceedsExactlyIfAllConditionsHold(Bench bench) {
        Client client = bench.client();
        long created = client.put(DIRECTORY, "a", "1");
        long changed = client.put(DIRECTORY, "a", "2");
        List<Condition> holding = List.of(
                new Condition.Present("a"),
                new Condition.CreateRevision("a", created),
                new Condition.ModRevision("a", changed),
                new Condition.Absent("b"));
        List<Condition> failing = List.of(
                new Condition.Absent("a"),
                new Condition.CreateRevision("a", changed),
                new Condition.CreateRevision("a", Math.min(created + (1L << 40), Entry.MAX_REVISION)),
                new Condition.ModRevision("a", created),
                new Condition.Present("b"));
        requireCommitted(bench, client, List.of());
        for (Condition condition : holding) {
            requireCommitted(bench, client, List.of(condition));
        }
        for (Condition condition : failing) {
            requireConflict(bench, client, List.of(condition));
        }
        // A failing condition: first, in the middle and last among others that hold.
        client.put(DIRECTORY, "c", "1");
        client.put(DIRECTORY, "d", "1");
        List<Condition> others = List.of(new Condition.Present("c"), new Condition.Present("d"));
        requireCommitted(bench, client, List.of(holding.get(0), others.get(0), holding.get(3), others.get(1)));
        for (Condition bad : failing) {
            for (int at = 0; at <= others.size(); at++) {
                List<Condition> mixed = new ArrayList<>(others);
                mixed.add(at, bad);
                requireConflict(bench, client, mixed);
            }
        }
        // As many conditions as the store accepts, of which the last fails.
        int last = Math.min(bench.guarantees().maxConditions(), 500) - 1;
        List<Condition> many = new ArrayList<>();
        IntStream.range(0, last).forEach(i -> many.add(new Condition.Absent("none" + i)));
        many.add(new Condition.Absent("c"));
        requireConflict(bench, client, many);
        many.set(last, new Condition.Present("c"));
        requireCommitted(bench, client, many);
    }

    private static void requireCommitted(Bench bench, Client client, List<Condition> conditions) {
        CommitResult result = client.commit(probe(conditions));
        bench.verify(
                result instanceof CommitResult.Committed,
                () -> "a commit on conditions that all hold, " + conditions + ", ended as " + result);
        bench.verify(
                client.one(DIRECTORY, "probe").isPresent(),
                () -> "a commit was reported as Committed, but its put is missing");
        client.delete(DIRECTORY, "probe");
    }

    private static void requireConflict(Bench bench, Client client, List<Condition> conditions) {
        CommitResult result = client.commit(probe(conditions));
        bench.verify(
                result instanceof CommitResult.Conflict,
                () -> "a commit on conditions of which one does not hold, " + conditions + ", ended as " + result);
        bench.verify(
                client.one(DIRECTORY, "probe").isEmpty(),
                () -> "a commit was reported as Conflict, but its put was applied");
    }

    private static Commit probe(List<Condition> conditions) {
        return new Commit(DIRECTORY, conditions, List.of(new Write.Put("probe", VALUE, 0)), Optional.empty());
    }

    @Rule(
            value = "COM-2b",
            check = "which revision the store answers for an absent entry: no condition on 0 may match an entry")
    void aConditionOnARevisionNeedsTheEntry(Bench bench) {
        Client client = bench.client();
        long revision = client.put(DIRECTORY, "a", "1");
        long deleted = client.delete(DIRECTORY, "a");
        for (String name : List.of("a", "never")) {
            for (long asked : new long[] {1, revision, revision + 1, deleted, Entry.MAX_REVISION}) {
                requireConflict(bench, client, List.of(new Condition.CreateRevision(name, asked)));
                requireConflict(bench, client, List.of(new Condition.ModRevision(name, asked)));
            }
            // The latest revision of a directory does not count as the revision of an absent entry either.
            long latest = client.put(DIRECTORY, "beside", "1");
            requireConflict(bench, client, List.of(new Condition.ModRevision(name, latest)));
            requireConflict(bench, client, List.of(new Condition.CreateRevision(name, latest)));
        }
    }

    @Rule(
            value = "COM-2c",
            check = "whether the client library throws when a comparison fails; that is a Conflict, not a failure")
    void aFailedConditionIsAConflict(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "a", "1");
        for (Commit commit : List.of(
                Commit.to(DIRECTORY).ifAbsent("a").put("a", VALUE).build(),
                Commit.to(DIRECTORY).ifAbsent("a").put("b", VALUE).build(),
                Commit.to(DIRECTORY).ifPresent("b").delete("b").build(),
                Commit.to(DIRECTORY)
                        .ifAbsent("a")
                        .put("b", VALUE)
                        .returningAll()
                        .build(),
                Commit.to(DIRECTORY).ifCreateRevision("b", 1).delete("b").build(),
                Commit.to(DIRECTORY)
                        .ifModRevision("a", Entry.MAX_REVISION)
                        .put("a", VALUE)
                        .build(),
                Commit.to(DIRECTORY).ifAbsent("a").build())) {
            CallResult<CommitResult> ended = client.outcome(commit);
            bench.verify(
                    ended.succeeded() && ended.result() instanceof CommitResult.Conflict,
                    () -> commit + " ended as " + ended);
        }
    }

    @Rule(
            value = "COM-4",
            check = "whether conditions compare a version counted per entry, which starts again when the entry does")
    void formerRevisionsFailAfterRecreation(Bench bench) {
        Client client = bench.client();
        for (boolean sameCommitCount : new boolean[] {true, false}) {
            String name = sameCommitCount ? "a" : "b";
            List<Long> former = new ArrayList<>();
            for (int life = 0; life < 3; life++) {
                long created = client.put(DIRECTORY, name, "same value");
                for (long old : former) {
                    requireConflict(bench, client, List.of(new Condition.CreateRevision(name, old)));
                    requireConflict(bench, client, List.of(new Condition.ModRevision(name, old)));
                    CommitResult deleted = client.commit(Commit.to(DIRECTORY)
                            .ifCreateRevision(name, old)
                            .delete(name)
                            .build());
                    bench.verify(
                            deleted instanceof CommitResult.Conflict,
                            () -> "a delete on the condition of a former createRevision, " + old + ", ended as "
                                    + deleted + ", and the entry was created again at " + created);
                }
                bench.same(
                        "createRevision",
                        created,
                        client.present(DIRECTORY, name).createRevision());
                former.add(created);
                if (!sameCommitCount) {
                    former.add(client.put(DIRECTORY, name, "same value"));
                }
                client.delete(DIRECTORY, name);
            }
        }
    }

    @Rule(value = "COM-5b", check = "where the last revision is kept: beside the entries it goes with the last of them")
    void revisionsContinueWhenADirectoryWasEmpty(Bench bench) {
        Client client = bench.client();
        long last = 0;
        for (int life = 0; life < 6; life++) {
            Client writer = life % 2 == 0 ? client : bench.client();
            long created = writer.put(DIRECTORY, "a", "life " + life);
            requireLater(bench, created, last, "a put to a directory that had been emptied");
            if (life % 3 == 0) {
                Lease lease = writer.grant(bench.longTtl());
                last = writer.put(DIRECTORY, "leased", "1", lease);
                requireLater(bench, last, created, "the next put");
                writer.revoke(lease);
                last = writer.delete(DIRECTORY, "a");
            } else {
                last = writer.delete(DIRECTORY, "a");
                requireLater(bench, last, created, "the delete that empties the directory");
            }
            bench.same("the entries of the emptied directory", List.of(), client.all(DIRECTORY));
        }
    }

    private static void requireLater(Bench bench, long revision, long before, String what) {
        bench.verify(
                revision > before, () -> what + " has revision " + revision + ", and a commit before it " + before);
    }

    /** Each commit is sent after the one before was acked: by any client, to any directory. */
    @Rule(value = "COM-14", check = "whether one counter gives the revisions of all directories")
    void promisedRevisionsIncreaseInWhateverDirectory(Bench bench) {
        if (!bench.promises(Promise.STORE_WIDE_REVISIONS)) {
            return;
        }
        List<Client> clients = List.of(bench.client(), bench.client(), bench.client());
        long last = 0;
        String before = "";
        for (int i = 0; i < 60; i++) {
            Client client = clients.get(bench.random().nextInt(clients.size()));
            String directory = DIRECTORY + "/" + bench.random().nextInt(5);
            boolean deletes =
                    bench.random().nextBoolean() && client.one(directory, "a").isPresent();
            long revision = deletes ? client.delete(directory, "a") : client.put(directory, "a", "v" + i);
            long earlier = last;
            String commit = (deletes ? "a delete in '" : "a put to '") + directory + "'";
            String former = before;
            bench.verify(
                    revision > earlier,
                    () -> commit + " has revision " + revision + ", and " + former
                            + ", which had been acked before it was sent, " + earlier);
            last = revision;
            before = commit;
        }
    }

    @Rule(value = "COM-5c", check = "where revisions come from, and that one beyond 2^53 - 1 makes the call fail")
    void revisionsAreInRange(Bench bench) {
        Client client = bench.client();
        for (int i = 0; i < 20; i++) {
            long revision = client.put(DIRECTORY, "n" + i % 3, "v" + i);
            bench.verify(
                    revision >= 1 && revision <= Entry.MAX_REVISION,
                    () -> "the revision of a commit that puts is " + revision + "; 1 to 2^53 - 1 is allowed");
        }
        for (String name : List.of("n0", "n1")) {
            long revision = client.delete(DIRECTORY, name);
            bench.verify(
                    revision >= 1 && revision <= Entry.MAX_REVISION,
                    () -> "the revision of a commit that deletes is " + revision + "; 1 to 2^53 - 1 is allowed");
        }
        for (Entry entry : client.all(DIRECTORY)) {
            bench.verify(
                    entry.createRevision() >= 1 && entry.modRevision() >= entry.createRevision(),
                    () -> "an entry with these revisions: " + entry);
        }
    }

    @Rule(
            value = "COM-7a",
            check = "that a put on an existing entry keeps its createRevision, also when it repeats the value")
    void aPutKeepsTheCreateRevision(Bench bench) {
        Client client = bench.client();
        Client other = bench.client();
        long created = client.put(DIRECTORY, "a", "1");
        for (String value : List.of("2", "2", "", "", "3")) {
            for (Client writer : List.of(client, other)) {
                long revision = writer.put(DIRECTORY, "a", value);
                Entry entry = client.present(DIRECTORY, "a");
                bench.same("createRevision after a put on the existing entry", created, entry.createRevision());
                bench.same("modRevision after a put", revision, entry.modRevision());
                bench.same("the value", value, entry.value().toUtf8());
            }
        }
        Lease lease = client.grant(bench.longTtl());
        long leased = client.put(DIRECTORY, "leased", "1", lease);
        long changed = client.put(DIRECTORY, "leased", "2", lease);
        Entry entry = other.present(DIRECTORY, "leased");
        bench.same("createRevision of a leased entry", leased, entry.createRevision());
        bench.same("modRevision of a leased entry", changed, entry.modRevision());
        bench.same("the lease of an entry that was put again under it", lease.id(), entry.leaseId());
    }

    @Rule(
            value = "COM-7b",
            check = "that a commit's result, createRevision and modRevision of what it creates are one number")
    void aPutThatCreatesSetsBoth(Bench bench) {
        Client client = bench.client();
        for (int life = 0; life < 3; life++) {
            CommitResult.Committed committed = client.committed(Commit.to(DIRECTORY)
                    .put("a", VALUE)
                    .put("b", VALUE)
                    .returningAll()
                    .build());
            List<Entry> seen = new ArrayList<>(bench.client().all(DIRECTORY));
            committed.snapshot().ifPresent(snapshot -> seen.addAll(snapshot.entries()));
            bench.verify(seen.size() >= 2, () -> "a commit put two entries, and there is " + seen);
            for (Entry entry : seen) {
                bench.same("createRevision of " + entry.name(), committed.revision(), entry.createRevision());
                bench.same("modRevision of " + entry.name(), committed.revision(), entry.modRevision());
            }
            // Deletes in the same commit do not change that either.
            long beside = client.committed(
                            Commit.to(DIRECTORY).delete("a").put("c", VALUE).build())
                    .revision();
            bench.same(
                    "createRevision of what was put beside a delete",
                    beside,
                    client.present(DIRECTORY, "c").createRevision());
            client.committed(Commit.to(DIRECTORY).delete("b").delete("c").build());
        }
    }

    @Rule(value = "COM-9a", check = "Commit refuses them when it is made; a backend never sees them")
    void ambiguousCommitsAreRefused(Bench bench) {
        requireRefused(
                bench,
                "two writes to one name",
                () -> Commit.to("d").put("a", VALUE).delete("a").build());
        requireRefused(
                bench,
                "two puts to one name",
                () -> Commit.to("d").put("a", VALUE).put("a", VALUE).build());
        requireRefused(
                bench,
                "two conditions on one name",
                () -> Commit.to("d").ifPresent("a").ifModRevision("a", 3).build());
        requireRefused(
                bench,
                "two leases",
                () -> Commit.to("d").put("a", VALUE, 1).put("b", VALUE, 2).build());
        requireRefused(
                bench,
                "a read of another directory",
                () -> new Commit("d", List.of(), List.of(), Optional.of(new Query.All("e"))));
    }

    private static void requireRefused(Bench bench, String what, Runnable made) {
        try {
            made.run();
        } catch (IllegalArgumentException refused) {
            bench.verified();
            return;
        }
        throw new RuleFailure(what + " in one commit was not refused");
    }

    @Rule(value = "COM-9b", check = "whether the backend knows which leases it granted, or sends any id on")
    void aForeignLeaseWritesNothing(Bench bench) {
        Client client = bench.client();
        Client stranger = bench.client();
        Lease own = client.grant(bench.longTtl());
        List<Long> ids = List.of(own.id(), own.id() + 1_000_003, Long.MAX_VALUE - 5);
        for (long id : ids) {
            Commit commit =
                    Commit.to(DIRECTORY).put("a", VALUE, id).put("b", VALUE).build();
            CallResult<CommitResult> ended = stranger.outcome(commit);
            bench.verify(
                    ended.isRefused() || (ended.succeeded() && ended.result() instanceof CommitResult.LeaseDead),
                    () -> "a commit under lease " + id + ", which this backend did not grant, ended as " + ended);
            bench.verify(
                    client.all(DIRECTORY).isEmpty(),
                    () -> "a commit under a lease of another backend wrote " + client.all(DIRECTORY));
        }
        client.put(DIRECTORY, "a", "1", own);
        bench.same(
                "the lease still works for its owner",
                own.id(),
                client.present(DIRECTORY, "a").leaseId());
    }

    @Rule(value = "COM-10a", check = "limits of the store: operations in a transaction, bytes in a request")
    void theLeastSizesAreAccepted(Bench bench) {
        Client client = bench.client();
        List<String> names = IntStream.range(0, 32).mapToObj(i -> "n" + i).toList();
        Commit.Builder many = Commit.to(DIRECTORY);
        names.forEach(name -> many.ifAbsent(name).put(name, VALUE));
        client.committed(many.returningAll().build());
        bench.same(
                "the number of entries after 32 conditions and 32 writes",
                32,
                client.all(DIRECTORY).size());
        Commit.Builder deletes = Commit.to(DIRECTORY);
        names.forEach(name -> deletes.ifPresent(name).delete(name));
        client.committed(deletes.build());
        bench.same(
                "the number of entries after 32 deletes",
                0,
                client.all(DIRECTORY).size());
        requireBytes(bench, client, 128 * 1024);
        Guarantees guarantees = bench.guarantees();
        Commit.Builder most = Commit.to(DIRECTORY);
        IntStream.range(0, Math.min(guarantees.maxConditions(), 1_000)).forEach(i -> most.ifAbsent("c" + i));
        int writes = Math.min(guarantees.maxWrites(), 1_000);
        IntStream.range(0, writes).forEach(i -> most.put("w" + i, VALUE));
        client.committed(most.build());
        bench.same(
                "the number of entries after " + writes + " writes",
                writes,
                client.all(DIRECTORY).size());
        requireBytes(bench, client, Math.min(guarantees.maxCommitBytes(), 16 << 20));
    }

    /** A commit whose names and values have exactly this many bytes in total. */
    private static Commit commitOf(Guarantees guarantees, int bytes, String prefix) {
        Commit.Builder commit = Commit.to(DIRECTORY);
        int rest = bytes;
        for (int i = 0; rest > 0; i++) {
            String name = prefix + (char) ('a' + i);
            int value = Math.min(rest - name.length(), guarantees.maxValueBytes());
            if (rest - name.length() - value > 0 && rest - name.length() - value <= prefix.length() + 1) {
                value -= prefix.length() + 2;
            }
            commit.put(name, Bytes.copyOf(new byte[value]));
            rest -= name.length() + value;
        }
        return commit.build();
    }

    private static void requireBytes(Bench bench, Client client, int bytes) {
        Commit commit = commitOf(bench.guarantees(), bytes, "big");
        if (commit.writes().size() > bench.guarantees().maxWrites()
                || commit.writes().size() > 26) {
            return;
        }
        client.committed(commit);
        for (Write write : commit.writes()) {
            bench.same(
                    "the size of a value of a commit of " + bytes + " bytes",
                    ((Write.Put) write).value().size(),
                    client.present(DIRECTORY, write.name()).value().size());
        }
        Commit.Builder deletes = Commit.to(DIRECTORY);
        commit.writes().forEach(write -> deletes.delete(write.name()));
        client.committed(deletes.build());
    }

    @Rule(
            value = "COM-10b",
            check =
                    "that the backend counts before it sends: a request that is too large may look like a lost connection")
    void aCommitThatIsTooLargeIsRefused(Bench bench) {
        Client client = bench.client();
        Guarantees guarantees = bench.guarantees();
        client.put(DIRECTORY, "there", "1");
        if (guarantees.maxConditions() < 100_000) {
            Commit.Builder commit = Commit.to(DIRECTORY).put("new", VALUE);
            IntStream.rangeClosed(0, guarantees.maxConditions()).forEach(i -> commit.ifAbsent("c" + i));
            requireTooLarge(bench, client, "conditions above maxConditions", commit.build());
        }
        if (guarantees.maxWrites() < 100_000) {
            Commit.Builder commit = Commit.to(DIRECTORY);
            IntStream.rangeClosed(0, guarantees.maxWrites()).forEach(i -> commit.put("w" + i, VALUE));
            requireTooLarge(bench, client, "writes above maxWrites", commit.build());
        }
        if (guarantees.maxCommitBytes() <= 16 << 20) {
            Commit commit = commitOf(guarantees, guarantees.maxCommitBytes() + 1, "big");
            if (commit.writes().size() <= guarantees.maxWrites()
                    && commit.writes().size() <= 26) {
                requireTooLarge(bench, client, "bytes above maxCommitBytes", commit);
            }
        }
        long endless = IntStream.of(guarantees.maxConditions(), guarantees.maxWrites(), guarantees.maxCommitBytes())
                .filter(limit -> limit == Integer.MAX_VALUE)
                .count();
        bench.evidence(
                "limits that were exceeded, or that nothing exceeds",
                bench.evidence().getOrDefault("checks", 0L) / 2 + endless,
                1);
    }

    private static void requireTooLarge(Bench bench, Client client, String what, Commit commit) {
        CallResult<CommitResult> ended = client.outcome(commit);
        bench.verify(ended.isRefused(), () -> "a commit with " + what + " had to be refused and ended as " + ended);
        bench.same(
                "the number of entries after " + what, 1, client.all(DIRECTORY).size());
        client.put(DIRECTORY, "there", "2");
    }
}
