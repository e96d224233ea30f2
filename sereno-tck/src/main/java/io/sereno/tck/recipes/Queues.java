package io.sereno.tck.recipes;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.RuleFailure;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the store holds for a mutex or an election, in the stored format, as a client of its own sees it. */
public record Queues(Client judge, String directory) {
    private static final Pattern PLACE = Pattern.compile("[0-9A-Za-z]{11}-[0-9a-z]+");
    private static final String WITHDRAWN = "sereno/1 withdrawn\n";

    public static Queues ofLock(Bench bench, String name) {
        return new Queues(bench.judge(), "lock/" + name);
    }

    public static Queues ofElection(Bench bench, String name) {
        return new Queues(bench.judge(), "election/" + name);
    }

    public static boolean isPlace(String name) {
        return PLACE.matcher(name).matches();
    }

    /** The places in the queue, the front first; other entries do not count. */
    public List<Entry> live() {
        return judge.all(directory).stream()
                .filter(entry -> isPlace(entry.name()) && !isWithdrawn(entry))
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .toList();
    }

    private static boolean isWithdrawn(Entry entry) {
        return entry.value().toUtf8().startsWith(WITHDRAWN);
    }

    /** The entry that a token was derived from. */
    public Optional<Entry> of(long token) {
        return live().stream()
                .filter(entry -> entry.createRevision() == token / 1_024)
                .findFirst();
    }

    /** Waits until the queue has this size. */
    public void await(Bench bench, int size) {
        long from = bench.now();
        while (live().size() != size) {
            if (bench.since(from).compareTo(bench.patience()) > 0) {
                String seen = size + " were to queue in " + directory + ", and there are " + live().size() + " after "
                        + Bench.text(bench.patience()) + ": " + describe();
                bench.unlessStoodStill(from, seen);
                throw new RuleFailure(seen);
            }
            bench.pass(java.time.Duration.ofMillis(5));
        }
    }

    /** Removes one entry, as an operator does. */
    public void remove(Entry entry) {
        judge.commit(Commit.to(directory)
                .ifCreateRevision(entry.name(), entry.createRevision())
                .delete(entry.name())
                .build());
    }

    /** Removes all entries that are not withdrawn, whatever their names. */
    public void clear() {
        judge.all(directory).stream().filter(entry -> !isWithdrawn(entry)).forEach(this::remove);
    }

    public String describe() {
        return judge.all(directory).stream().map(CallResult::describe).toList().toString();
    }
}
