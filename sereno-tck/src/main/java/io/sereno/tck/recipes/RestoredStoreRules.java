package io.sereno.tck.recipes;

import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Message;
import io.sereno.SerenoException;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.spi.Promise;
import io.sereno.tck.ServerControl;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * What users are notified of when the store has lost acknowledged writes: it was restored from a backup, or replaced by an
 * empty one.
 */
public class RestoredStoreRules {
    private static final String NAME = "restored";
    private static final String GIVEN_BACK = "given-back";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int GRANTS_BEFORE = 100;
    /** So long that most servers are back before the ttl is over. */
    private static final Duration TTL = Duration.ofSeconds(6);

    @Rule(
            value = "REC-9",
            check = "WAT-8: whether watches are reset when the servers have lost what they had acknowledged")
    void aClientThatSeesItsDeletedEntryAgainEndsItsSession(Bench bench) {
        ServerControl store = store(bench);
        Duration ttl = bench.ttl(TTL);
        Node former = Node.in(bench, ttl);
        Node next = Node.in(bench, ttl).awaitSession();
        Grant held = former.result("acquire", former.sereno().mutex(NAME)::acquire);
        Grant before = former.result("acquire", former.sereno().mutex(GIVEN_BACK)::acquire);
        store.backup();
        former.run("release", before::release);
        long from = bench.now();
        store.restore();
        Grant granted = again(bench, next, "acquire", next.sereno().mutex(GIVEN_BACK)::acquire);
        requireRestored(bench, former, held, ttl, from);
        next.run("release", granted::close);
        requireWorks(bench, former, held.fencingToken());
    }

    @Rule(value = "REC-9", check = "COM-6: which revisions commits report after a restore of the servers")
    void aClientThatSeesARevisionFallEndsItsSession(Bench bench) {
        ServerControl store = store(bench);
        Duration ttl = bench.ttl(TTL);
        Node node = Node.in(bench, ttl);
        Counter counter = node.sereno().counter(NAME);
        node.result("add", counter::incrementAndGet);
        Grant held = node.result("acquire", node.sereno().mutex(NAME)::acquire);
        store.backup();
        for (int i = 0; i < 30; i++) {
            node.result("add", counter::incrementAndGet);
        }
        long newest = revision(bench);
        long from = bench.now();
        store.restore();
        again(bench, node, "add", counter::incrementAndGet);
        if (revision(bench) > newest) {
            bench.count("revisions that continued", 1);
            node.run("release", held::close); // The grant may still be held: what it depends on is not lost.
        } else {
            requireRestored(bench, node, held, ttl, from);
        }
        requireWorks(bench, node, held.fencingToken());
    }

    @Rule(value = "REC-10", check = "how the client library continues when the store has lost its sessions and leases")
    void aClientThatLostEverythingIsNotifiedAndContinues(Bench bench) {
        ServerControl store = store(bench);
        store.backup(); // Of a store without data in this namespace.
        Duration ttl = bench.ttl(TTL);
        Node holder = Node.in(bench, ttl);
        Node waiter = Node.in(bench, ttl);
        Node counting = Node.in(bench, ttl);
        Grant ofWaiter = waiter.result("acquire", waiter.sereno().mutex(NAME + "-2")::acquire);
        Grant ofCounting = counting.result("acquire", counting.sereno().mutex(NAME + "-3")::acquire);
        // More commits than are needed before the first grant after the restore: tokens that begin again are smaller.
        for (int i = 0; i < GRANTS_BEFORE; i++) {
            holder.run("release", holder.result("acquire", holder.sereno().mutex(NAME)::acquire)::close);
        }
        Grant held = holder.result("acquire", holder.sereno().mutex(NAME)::acquire);
        Calling<Grant> waiting = waiter.calls("acquire", waiter.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        Counter counter = counting.sereno().counter(NAME);
        for (int i = 0; i < 3; i++) {
            counting.result("add", counter::incrementAndGet);
        }
        store.restore();
        // Any cause is right: the cause depends on how soon the servers and the next sessions are back. The report
        // counts the causes.
        requireLost(bench, holder, held, ttl, bench.now());
        requireLost(bench, waiter, ofWaiter, ttl, bench.now());
        requireLost(bench, counting, ofCounting, ttl, bench.now());
        CallResult<Grant> granted = waiting.end(LONG);
        bench.verify(
                granted.succeeded() || granted.thrown() instanceof SerenoException,
                () -> "an acquire() that waited when the store lost everything is " + granted + " after "
                        + Bench.text(LONG));
        if (granted.succeeded()) {
            requireGreater(bench, granted.result(), held.fencingToken());
            waiter.run("release", granted.result()::close);
        }
        requireWorks(bench, holder, held.fencingToken());
        requireWorks(bench, waiter, held.fencingToken());
        again(bench, counting, "add", counter::incrementAndGet);
    }

    @Rule(
            value = "REC-10",
            check = "WAT-3: whether a reader looks again when the servers are back, and READ-1: what it sees then")
    void aReaderOfATopicMissesNothingInSilence(Bench bench) {
        ServerControl store = store(bench);
        Duration ttl = bench.ttl(TTL);
        Node publisher = Node.in(bench, ttl);
        Node reader = Node.in(bench, ttl);
        Topic<String> topic = TopicRun.topic(publisher, NAME);
        Received received = new Received(bench);
        Subscription subscription =
                reader.result("subscribe", () -> TopicRun.topic(reader, NAME).subscribe(new From.Earliest(), received));
        for (int i = 1; i <= 3; i++) {
            publisher.result("publish", () -> topic.publish("kept"));
        }
        store.backup();
        for (int i = 1; i <= 5; i++) {
            publisher.result("publish", () -> topic.publish("lost"));
        }
        bench.verify(
                bench.reach(() -> received.last() == 8, LONG),
                () -> "8 messages were published, and a reader was given " + received);
        store.restore();
        received.mark();
        Map<Long, String> later = new LinkedHashMap<>();
        for (int i = 1; i <= 3; i++) {
            String message = "later " + i;
            later.put(again(bench, publisher, "publish", () -> topic.publish(message)), message);
        }
        bench.verify(
                bench.reach(() -> received.isComplete(later), LONG),
                () -> later + " were published after the store had gone back, and a reader was given " + received
                        + (subscription.ended().toCompletableFuture().isDone() ? "; its subscription has ended" : ""));
        // The client knows by now that the store has gone back.
        again(bench, publisher, "publish", () -> topic.publish("the end"));
        bench.verify(
                bench.reach(() -> received.was("the end"), LONG),
                () -> "one more message was published, and a reader was given " + received);
        bench.same("what was out of order without a gap before it", List.of(), received.wrong());
        reader.run("close", subscription::close);
    }

    // ---- shared helpers

    /**
     * The control of the store to restore. A store whose earlier state cannot be restored is not reported as broken.
     */
    private static ServerControl store(Bench bench) {
        return bench.kit()
                .fixture()
                .server()
                .filter(one -> one.abilities().contains(ServerControl.Ability.RESTORE))
                .orElseThrow(() -> bench.untested(
                        "the fixture cannot restore an earlier state of the store; see BackendFixture.server()"));
    }

    /**
     * The holder is notified that the store was restored. If the servers were away for longer than its session lived, or
     * rejected the session, the session has ended by itself, and that is reported.
     */
    private static void requireRestored(Bench bench, Node node, Grant held, Duration ttl, long from) {
        LossCause cause = requireLost(bench, node, held, ttl, bench.now());
        Duration leastLeft = ttl.multipliedBy(2).dividedBy(3).minus(Node.margin(ttl));
        boolean overByItself =
                cause == LossCause.SESSION_EXPIRED && bench.since(from).compareTo(leastLeft) >= 0;
        bench.count("sessions that were over by themselves", overByItself ? 1 : 0);
        bench.verify(
                cause == LossCause.STORE_RESTORED || overByItself,
                () -> "the store was restored " + Bench.text(bench.since(from)) + " ago, and what " + node
                        + " held with a session of " + ttl + " is lost with " + cause);
    }

    /** The holder is notified that it has lost the grant, and why. */
    private static LossCause requireLost(Bench bench, Node node, Grant held, Duration ttl, long since) {
        CompletableFuture<LossCause> lost = held.lost().toCompletableFuture();
        Duration bound = Node.gone(bench, ttl)
                .multipliedBy(2)
                .plus(bench.guarantees().recovery())
                .plus(bench.patience());
        bench.verify(
                bench.reach(lost::isDone, bound),
                () -> "the store has lost the grant of " + node + ", which was not notified within " + bound);
        bench.within(bound, since, "the notice of the loss to " + node);
        bench.verify(!held.isHeld(), () -> "the grant that " + node + " has reported as lost is held");
        LossCause cause = lost.join();
        bench.count("reported as " + cause, 1);
        Set<LossCause> right = EnumSet.of(LossCause.STORE_RESTORED, LossCause.SESSION_EXPIRED, LossCause.ENTRY_REMOVED);
        bench.verify(
                right.contains(cause),
                () -> "a loss of the store is reported as " + cause + "; one of " + right + " is expected");
        return cause;
    }

    /** The same client object works, without being connected again by anybody. */
    private static void requireWorks(Bench bench, Node node, long tokenBefore) {
        Grant grant = again(bench, node, "acquire", node.sereno().mutex(NAME)::acquire);
        requireGreater(bench, grant, tokenBefore);
        node.run("release", grant::close);
    }

    private static void requireGreater(Bench bench, Grant grant, long before) {
        Set<Promise> promises = bench.guarantees().promises();
        // A store that loses nothing in a fail-over promises nothing for a restore by hand.
        if (promises.contains(Promise.REVISIONS_SURVIVE_FAIL_OVER) && !promises.contains(Promise.FAIL_OVER_SAFE)) {
            bench.verify(
                    grant.fencingToken() > before,
                    () -> "token " + grant.fencingToken() + " was granted after a loss of writes, and " + before
                            + " before it, though the backend promises that revisions continue");
        }
    }

    private static long revision(Bench bench) {
        // A new connection has seen nothing of the earlier state.
        return bench.client().present("counter/" + NAME, "v").modRevision();
    }

    private static <T> T again(Bench bench, Node node, String what, Callable<T> call) {
        return again(bench, node + " " + what, call);
    }

    /** Repeats until the call succeeds: servers may still be away, and sessions may be over. */
    private static <T> T again(Bench bench, String what, Callable<T> call) {
        long from = bench.now();
        while (true) {
            CallResult<T> ended = Calling.of(bench, what, call).end(LONG);
            if (ended.succeeded()) {
                return ended.result();
            }
            bench.verify(
                    ended.thrown() instanceof SerenoException
                            && bench.since(from).compareTo(LONG) < 0,
                    () -> what + " after the store has gone back is " + ended + ", " + Bench.text(bench.since(from))
                            + " after it was called first");
            bench.pass(PAUSE);
        }
    }

    /** What a reader received, in order. */
    private static final class Received implements TopicListener<String> {
        private final Bench bench;
        private final List<Object> all = new ArrayList<>();
        private int marked;

        Received(Bench bench) {
            this.bench = bench;
        }

        @Override
        public void onMessage(Message<String> message) {
            add(message);
        }

        @Override
        public void onGap(Gap gap) {
            add(gap);
        }

        private void add(Object what) {
            synchronized (this) {
                all.add(what);
            }
            bench.stir();
        }

        synchronized void mark() {
            marked = all.size();
        }

        synchronized long last() {
            return all.isEmpty() || !(all.get(all.size() - 1) instanceof Message<?> message) ? 0 : message.offset();
        }

        synchronized boolean was(String payload) {
            return all.stream()
                    .anyMatch(reported -> reported instanceof Message<?> message && payload.equals(message.payload()));
        }

        /** Each message was received, or is within a gap. */
        synchronized boolean isComplete(Map<Long, String> published) {
            return published.entrySet().stream()
                    .allMatch(one -> was(one.getValue())
                            || all.stream()
                                    .anyMatch(reported -> reported instanceof Gap gap
                                            && gap.firstOffset() <= one.getKey()
                                            && one.getKey() <= gap.lastOffset()));
        }

        /** The messages that do not follow the message before, with no gap reported in between. */
        synchronized List<Object> wrong() {
            List<Object> wrong = new ArrayList<>();
            long next = 1;
            for (Object reported : all) {
                if (reported instanceof Message<?> message) {
                    if (next != 0 && message.offset() != next) {
                        wrong.add(message);
                    }
                    next = message.offset() + 1;
                } else {
                    next = 0;
                }
            }
            return wrong;
        }

        @Override
        public synchronized String toString() {
            return all.subList(0, marked) + ", and then " + all.subList(marked, all.size());
        }
    }
}
