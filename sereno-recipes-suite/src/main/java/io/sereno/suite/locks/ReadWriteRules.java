package io.sereno.suite.locks;

import io.sereno.LockView;
import io.sereno.NotAppliedException;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.WriteGrant;
import io.sereno.properties.LockedNames;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** The lock with readers and writers. */
public class ReadWriteRules {
    private static final String NAME = "lock";
    private static final Set<String> LOCK = Set.of(NAME);
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    @Rule(
            value = "RWL-1",
            waits = true,
            check = "whether a right follows from those that conflict, or from all entries")
    void readersHoldTogetherAndWritersAlone(Bench bench) {
        LockedNames property = new LockedNames();
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        WriteGrant writing = write(first, property);
        Calling<Right> reader = second.calls("acquireRead", lock(second)::acquireRead);
        Calling<Right> other = third.calls("acquireRead", lock(third)::acquireRead);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(
                !reader.isDone() && !other.isDone(), () -> "a reader was granted beside " + first + ", which writes");
        release(first, property, writing);
        List<Right> reading = List.of(read(reader, property), read(other, property));
        bench.right(property.wrong());
        bench.same("readers that hold together", 2, property.held());
        Calling<WriteGrant> writer = first.calls("acquireWrite", lock(first)::acquireWrite);
        queue(bench).await(bench, 3);
        release(second, property, reading.get(0));
        bench.pass(A_MOMENT);
        bench.verify(!writer.isDone(), () -> "a writer was granted beside " + third + ", which reads");
        release(third, property, reading.get(1));
        WriteGrant granted = writer.result(LONG);
        property.granted(granted, LOCK, Set.of(), () -> true);
        bench.right(property.wrong());
        release(first, property, granted);
        bench.right(property.wrong());
    }

    @Rule(value = "RWL-2", waits = true, check = "what createRevision an entry gets that is put again")
    void tokensOfWritersRise(Bench bench) {
        LockedNames property = new LockedNames();
        for (int i = 0; i < 3; i++) {
            Node node = Node.in(bench);
            for (int j = 0; j < 3; j++) {
                WriteGrant grant = write(node, property);
                bench.right(property.wrong());
                long token = grant.fencingToken();
                Right reading = grant.downgrade();
                property.downgraded(grant, reading);
                bench.same("the token of a grant after its downgrade", token, grant.fencingToken());
                release(node, property, reading);
                release(node, property, read(node.calls("acquireRead", lock(node)::acquireRead), property));
            }
            node.run("close", node.sereno()::close);
        }
    }

    @Rule(value = "RWL-3", waits = true, check = "whether a reader looks at the writers that wait in front of it")
    void aReaderDoesNotPassAWriterThatWaits(Bench bench) {
        LockedNames property = new LockedNames();
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        Node first = nodes.get(0);
        Node second = nodes.get(1);
        Node third = nodes.get(2);
        Right reading = read(first.calls("acquireRead", lock(first)::acquireRead), property);
        Calling<WriteGrant> writer = second.calls("acquireWrite", lock(second)::acquireWrite);
        queue(bench).await(bench, 2);
        Calling<Right> late = third.calls("acquireRead", lock(third)::acquireRead);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(
                !late.isDone() && !writer.isDone(),
                () -> late + " was granted although a writer queued before it and waits for a reader");
        LockView view = first.result("inspect", lock(first)::inspect);
        bench.same("nodes that hold", List.of(first.name()), names(view.holders()));
        bench.same("nodes that wait", List.of(second.name(), third.name()), names(view.waiters()));
        release(first, property, reading);
        WriteGrant writing = writer.result(LONG);
        property.granted(writing, LOCK, Set.of(), () -> true);
        bench.verify(!late.isDone(), () -> late + " was granted beside a writer");
        release(second, property, writing);
        release(third, property, read(late, property));
        bench.right(property.wrong());
    }

    @Rule(
            value = "RWL-4",
            waits = true,
            check = "whether a downgrade keeps the entry, and whether those who wait are notified of it")
    void aDowngradeLetsReadersInAndNoWriter(Bench bench) {
        LockedNames property = new LockedNames();
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        WriteGrant writing = write(first, property);
        Calling<Right> reader = second.calls("acquireRead", lock(second)::acquireRead);
        queue(bench).await(bench, 2);
        Calling<WriteGrant> writer = third.calls("acquireWrite", () -> {
            WriteGrant grant = lock(third).acquireWrite();
            property.granted(grant, LOCK, Set.of(), () -> true);
            return grant;
        });
        queue(bench).await(bench, 3);
        Right reading = first.calls("downgrade", writing::downgrade).result(LONG);
        property.downgraded(writing, reading);
        long from = bench.now();
        Right other = read(reader, property);
        bench.within(
                bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the grant of a reader behind a downgrade");
        bench.pass(A_MOMENT);
        bench.right(property.wrong());
        bench.same("isHeld() of a right after the downgrade", true, reading.isHeld());
        bench.verify(
                !writer.isDone(),
                () -> third + " was granted to write between a grant of " + first + " and its downgrade");
        release(first, property, reading);
        release(second, property, other);
        WriteGrant next = writer.result(LONG);
        bench.right(property.wrong());
        release(third, property, next);
    }

    @Rule(value = "RWL-5", waits = true, check = "for how long callers of a client may join an entry that is held")
    void readersThatKeepComingDoNotStarveAWriter(Bench bench) {
        Node many = Node.in(bench);
        Node one = Node.in(bench);
        AtomicBoolean over = new AtomicBoolean();
        List<Calling<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            readers.add(many.calls("acquireRead again and again", () -> readUntil(bench, many, over)));
        }
        bench.verify(
                bench.reach(() -> !queue(bench).live().isEmpty(), LONG),
                () -> "no reader has queued in " + Bench.text(LONG));
        long from = bench.now();
        WriteGrant grant = one.calls("acquireWrite", lock(one)::acquireWrite).result(LONG.multipliedBy(2));
        bench.within(
                bench.afterNotice(Duration.ofSeconds(8)),
                from,
                "the grant of a writer, while another client reads all the time");
        one.run("release", grant::release);
        over.set(true);
        long reads = readers.stream().mapToInt(reader -> reader.result(LONG)).sum();
        bench.evidence("rights to read", reads, 3);
    }

    /** Each right overlaps with the next one, so that somebody of the client reads at any moment. */
    private static int readUntil(Bench bench, Node node, AtomicBoolean over) throws InterruptedException {
        int reads = 1;
        long from = bench.now();
        Right reading = lock(node).acquireRead();
        while (!over.get() && bench.since(from).compareTo(LONG) < 0) {
            bench.pass(Duration.ofMillis(5));
            Optional<Right> next = readSoon(node);
            reading.release();
            reading = next.isPresent() ? next.get() : lock(node).acquireRead();
            reads++;
        }
        reading.release();
        return reads;
    }

    /** Waits for a moment only: a writer in front of this right may wait for the right before it. */
    private static Optional<Right> readSoon(Node node) throws InterruptedException {
        try {
            return lock(node).tryAcquireRead(Duration.ofMillis(5));
        } catch (NotAppliedException e) {
            return Optional.empty(); // The store has not answered in this moment.
        }
    }

    @Rule(value = "RWL-5", waits = true, check = "whether a caller joins an entry in front of one of its own client")
    void aReaderDoesNotPassAWriterOfItsOwnClient(Bench bench) {
        LockedNames property = new LockedNames();
        Node node = Node.in(bench);
        Right reading = read(node.calls("acquireRead", lock(node)::acquireRead), property);
        Calling<WriteGrant> writer = node.calls("acquireWrite", lock(node)::acquireWrite);
        queue(bench).await(bench, 2);
        Calling<Right> late = node.calls("acquireRead", lock(node)::acquireRead);
        queue(bench).await(bench, 3);
        bench.pass(A_MOMENT);
        bench.verify(!late.isDone(), () -> late + " was granted before a writer of its client that called earlier");
        release(node, property, reading);
        WriteGrant writing = writer.result(LONG);
        property.granted(writing, LOCK, Set.of(), () -> true);
        release(node, property, writing);
        release(node, property, read(late, property));
        bench.right(property.wrong());
    }

    private static ReadWriteMutex lock(Node node) {
        return node.sereno().readWriteMutex(NAME);
    }

    private static Queues queue(Bench bench) {
        return new Queues(bench.judge(), "rwlock/" + NAME);
    }

    private static WriteGrant write(Node node, LockedNames property) {
        WriteGrant grant = node.calls("acquireWrite", lock(node)::acquireWrite).result(LONG);
        property.granted(grant, LOCK, Set.of(), () -> true);
        return grant;
    }

    private static Right read(Calling<Right> reader, LockedNames property) {
        Right right = reader.result(LONG);
        property.granted(right, Set.of(), LOCK, () -> true);
        return right;
    }

    private static void release(Node node, LockedNames property, Right right) {
        property.releasing(right);
        node.run("release", right::release);
    }

    private static List<String> names(List<LockView.Place> places) {
        return places.stream().map(LockView.Place::nodeId).toList();
    }
}
