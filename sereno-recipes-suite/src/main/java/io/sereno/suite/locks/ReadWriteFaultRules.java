package io.sereno.suite.locks;

import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.WriteGrant;
import io.sereno.properties.LockedNames;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Condition;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.Set;

/** The lock with readers and writers, while connections break and requests are lost. */
public class ReadWriteFaultRules {
    private static final String NAME = "lock";
    private static final Set<String> LOCK = Set.of(NAME);
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "RWL-1", waits = true, check = "LEA-2: when an entry goes, and until when its holder believes")
    void aReaderThatIsCutOffIsNotHeldWhenAWriterIsGranted(Bench bench) {
        Duration ttl = Node.brief(bench);
        LockedNames property = new LockedNames();
        Node reader = Node.breakable(bench, ttl).awaitSession();
        Node writer = Node.in(bench);
        Right reading =
                reader.calls("acquireRead", lock(reader, NAME)::acquireRead).result(LONG);
        property.granted(reading, Set.of(), LOCK, () -> true);
        Calling<WriteGrant> waiting = writer.calls("acquireWrite", () -> {
            WriteGrant grant = lock(writer, NAME).acquireWrite();
            property.granted(grant, LOCK, Set.of(), () -> true);
            return grant;
        });
        new Queues(bench.judge(), "rwlock/" + NAME).await(bench, 2);
        // From now on the reader relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        reader.faults().cutOff();
        WriteGrant granted = waiting.result(LONG);
        bench.right(property.wrong());
        bench.same("isHeld() of a reader that was cut off, when a writer was granted", false, reading.isHeld());
        reader.faults().heal();
        writer.run("release", granted::release);
    }

    @Rule(value = "RWL-4", waits = true, check = "OUT-2: how an overwrite of unknown outcome is settled")
    void aDowngradeOfUnknownOutcomeLetsReadersIn(Bench bench) {
        int round = 0;
        for (Fate fate : LostCommits.FATES) {
            String name = NAME + round++;
            Node first = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node second = Node.in(bench);
            WriteGrant writing =
                    first.calls("acquireWrite", lock(first, name)::acquireWrite).result(LONG);
            Calling<Right> reader = second.calls("acquireRead", lock(second, name)::acquireRead);
            new Queues(bench.judge(), "rwlock/" + name).await(bench, 2);
            first.script().next(request -> overwrites(request, "rwlock/" + name), fate);
            Right reading = first.calls("downgrade", writing::downgrade).result(LONG);
            long from = bench.now();
            Right other = reader.result(LONG);
            bench.within(
                    bench.afterNotice(Node.steady(bench).dividedBy(4)),
                    from,
                    "the grant of a reader behind a downgrade of unknown outcome");
            bench.same("isHeld() of a right after its downgrade", true, reading.isHeld());
            second.run("release", other::release);
            first.run("release", reading::release);
        }
    }

    private static boolean overwrites(Request request, String directory) {
        return Request.commitsTo(directory).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().conditions().stream().anyMatch(Condition.ModRevision.class::isInstance);
    }

    private static ReadWriteMutex lock(Node node, String name) {
        return node.sereno().readWriteMutex(name);
    }
}
