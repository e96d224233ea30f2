package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static io.sereno.suite.mutants.TopicMutants.isOfTopic;
import static io.sereno.suite.mutants.TopicMutants.publishes;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.From;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Topics whose durable positions, retention or deletion have a bug. */
final class KeepingMutants {
    private static final String POSITION = "position-";
    private static final String REMOVAL = "removal";
    private static final Pattern NEXT = Pattern.compile("next ([0-9]+)");
    private static final Pattern LOW = Pattern.compile("low ([0-9]+)");

    private KeepingMutants() {}

    static void addTo(Mutants all) {
        places(all);
        retention(all);
        deletion(all);
    }

    private static void places(Mutants all) {
        all.backend("TOP-9a", "the stored position counts the message that is being handled")
                .requests(commit ->
                        isOfTopic(commit) ? Commits.valued(commit, POSITION, place -> oneMore(NEXT, place)) : commit);
        all.backend("TOP-9a", "a position is stored without a condition on the former one")
                .requests(commit -> storesAPosition(commit)
                        ? Commits.without(commit, Condition.ModRevision.class::isInstance)
                        : commit);
        all.backend("TOP-9b", "each client has a queue of its own").with((world, below) -> {
            String own = "-" + world.random().nextLong();
            return Commits.moved(below, directory -> directory.startsWith("reader/") ? directory + own : directory);
        });
        all.topic("TOP-9b", "a durable reader returns messages after it lost its turn")
                .readers(KeepingMutants::ahead);
        all.backend("TOP-9c", "the position is stored with every tenth message")
                .commits((world, below, commit) -> storesAPosition(commit)
                                && Commits.requires(commit, Condition.ModRevision.class::isInstance)
                                && number(NEXT, value(commit, POSITION)) % 10 != 0
                        ? completedFuture(Commits.done())
                        : below.commit(commit));
        all.backend("TOP-9c", "a position is stored when there is more to read").with(KeepingMutants::unfinished);
        all.backend("TOP-9d", "a durable name has no position before an acknowledgement")
                .with(KeepingMutants::late);
    }

    private static void retention(Mutants all) {
        retaining(
                all,
                "TOP-10a",
                "one message less is kept than requested",
                asked -> new Retention(asked.maxMessages() - 1, asked.maxAge()));
        retaining(
                all,
                "TOP-10a",
                "the age of messages is ignored",
                asked -> new Retention(asked.maxMessages(), Optional.empty()));
        retaining(
                all,
                "TOP-10a",
                "the number of messages is ignored if there is an age",
                asked -> asked.maxAge().isPresent() ? new Retention(Integer.MAX_VALUE, asked.maxAge()) : asked);
        retaining(
                all,
                "TOP-10a",
                "messages are kept for half the time",
                asked -> new Retention(asked.maxMessages(), asked.maxAge().map(age -> age.dividedBy(2))));
        all.backend("TOP-10a", "a topic begins within the first batch that is stored")
                .requests(commit -> publishes(commit) && Commits.deletes(commit, "")
                        ? Commits.valued(commit, TopicMutants.HEADER, header -> oneMore(LOW, header))
                        : commit);
        retaining(
                all,
                "TOP-10b",
                "messages are never trimmed",
                asked -> new Retention(Integer.MAX_VALUE, Optional.empty()));
        all.backend("TOP-10b", "deletions are delayed until there are twenty").with((world, below) -> {
            List<Write> putOff = new ArrayList<>();
            return Commits.saying(below, commit -> publishes(commit) ? puttingOff(commit, putOff) : commit);
        });
    }

    private static void deletion(Mutants all) {
        all.topic("TOP-11a", "a reader of a deleted topic continues with the next one")
                .with(topic -> topic.reader = from -> faithless(topic.right, from));
        all.topic("TOP-11a", "a subscription to a topic that was deleted waits for another one")
                .with(topic -> topic.subscribe = (from, listener) -> TopicHooks.subscription(
                        new CompletableFuture<>(), topic.right.subscribe(from, listener)::close));
        all.backend("TOP-11b", "durable positions outlive their topic")
                .requests(commit -> isOfTopic(commit) ? withoutDeleting(commit, POSITION) : commit);
        all.backend("TOP-11b", "the deletion of a topic ends with its first page")
                .with((world, below) -> {
                    AtomicBoolean one = new AtomicBoolean();
                    return new Hooks(below)
                            .commits(commit -> clears(commit) && one.getAndSet(true)
                                    ? completedFuture(Commits.done())
                                    : below.commit(commit));
                });
        all.backend("TOP-11b", "a publisher ignores the remains of a deleted topic")
                .with(KeepingMutants::careless);
        all.backend("TOP-11c", "a deletion deletes by name")
                .requests(commit -> isOfTopic(commit) && Commits.deletes(commit, "") && !publishes(commit)
                        ? unconditional(commit)
                        : commit);
    }

    // ---- shared

    private static void retaining(Mutants all, String rule, String name, UnaryOperator<Retention> broken) {
        all.topic(rule, name)
                .with(topic -> topic.withRetention = asked -> topic.right.withRetention(broken.apply(asked)));
    }

    private static boolean storesAPosition(Commit commit) {
        return isOfTopic(commit) && Commits.puts(commit, POSITION);
    }

    /** Whether it is one of the commits that empty a topic. */
    private static boolean clears(Commit commit) {
        return isOfTopic(commit)
                && Commits.deletes(commit, "")
                && !Commits.deletes(commit, REMOVAL)
                && !publishes(commit)
                && !Commits.deletes(commit, TopicMutants.HEADER);
    }

    private static Commit puttingOff(Commit commit, List<Write> putOff) {
        List<Write> writes = new ArrayList<>();
        commit.writes().forEach(write -> (write instanceof Write.Delete ? putOff : writes).add(write));
        if (putOff.size() >= 20) {
            writes.addAll(putOff);
            putOff.clear();
        }
        return Commits.writing(commit, writes);
    }

    private static Commit withoutDeleting(Commit commit, String prefix) {
        return Commits.writing(
                commit,
                commit.writes().stream()
                        .filter(write ->
                                !(write instanceof Write.Delete && write.name().startsWith(prefix)))
                        .toList());
    }

    private static String value(Commit commit, String prefix) {
        return commit.writes().stream()
                .filter(write -> write instanceof Write.Put && write.name().startsWith(prefix))
                .map(write -> ((Write.Put) write).value().toUtf8())
                .findFirst()
                .orElse("");
    }

    private static long number(Pattern line, String value) {
        return line.matcher(value)
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .findFirst()
                .orElse(0);
    }

    private static String oneMore(Pattern line, String value) {
        return line.matcher(value)
                .replaceFirst(found ->
                        found.group().replace(found.group(1), Long.toString(Long.parseLong(found.group(1)) + 1)));
    }

    /** Prefetches the available messages, and returns them one by one. */
    static TopicReader<Object> ahead(TopicReader<Object> right) {
        Deque<Message<Object>> taken = new ArrayDeque<>();
        return TopicHooks.reader(
                timeout -> {
                    Optional<Message<Object>> next = taken.isEmpty() ? right.next(timeout) : Optional.of(taken.poll());
                    if (next.isPresent() && taken.isEmpty()) {
                        right.next(Duration.ZERO).ifPresent(taken::add);
                        for (int i = 0; i < 1_000 && !taken.isEmpty(); i++) {
                            Optional<Message<Object>> more = right.next(Duration.ZERO);
                            if (more.isEmpty()) {
                                break;
                            }
                            taken.add(more.get());
                        }
                    }
                    return next;
                },
                right::close);
    }

    /** Leaves the last message for the next time. */
    private static Backend unfinished(Backend below) {
        return new Hooks(below).commits(commit -> {
            if (!storesAPosition(commit) || !Commits.requires(commit, Condition.ModRevision.class::isInstance)) {
                return below.commit(commit);
            }
            return below.read(new Query.One(commit.directory(), TopicMutants.HEADER))
                    .thenCompose(read -> read.entries().stream()
                                    .anyMatch(header ->
                                            number(NEXT, header.value().toUtf8())
                                                    == number(NEXT, value(commit, POSITION)))
                            ? completedFuture(Commits.done())
                            : below.commit(commit));
        });
    }

    /** Stores the start position only when there is another position to store. */
    private static Backend late(Backend below) {
        Map<String, Entry> pretended = new ConcurrentHashMap<>();
        return new Hooks(below)
                .commits(commit -> {
                    if (!storesAPosition(commit)) {
                        return below.commit(commit);
                    }
                    Write.Put put = (Write.Put) commit.writes().get(0);
                    if (pretended.remove(put.name()) != null) {
                        return below.commit(unconditional(commit));
                    }
                    if (Commits.requires(commit, Condition.Absent.class::isInstance)) {
                        pretended.put(put.name(), new Entry(put.name(), put.value(), 1, 1, 0));
                        return completedFuture(new CommitResult.Committed(1, Optional.empty()));
                    }
                    return below.commit(commit);
                })
                .reads(query -> below.read(query)
                        .thenApply(snapshot -> query instanceof Query.One one
                                        && snapshot.entries().isEmpty()
                                        && pretended.containsKey(one.name())
                                ? new Snapshot(List.of(pretended.get(one.name())), false)
                                : snapshot));
    }

    /** Starts over when its topic ends. */
    private static TopicReader<Object> faithless(Topic<Object> right, From from) {
        Deque<TopicReader<Object>> readers = new ConcurrentLinkedDeque<>(List.of(right.reader(from)));
        return TopicHooks.reader(
                timeout -> {
                    try {
                        return readers.getLast().next(timeout);
                    } catch (IllegalStateException deleted) {
                        readers.add(right.reader(new From.Earliest()));
                        return readers.getLast().next(timeout);
                    }
                },
                () -> readers.getLast().close());
    }

    /** Does not see a removal that another client has not finished. */
    private static Backend careless(Backend below) {
        return new Hooks(below)
                .reads(query -> query instanceof Query.One one && one.name().equals(REMOVAL)
                        ? completedFuture(new Snapshot(List.of(), false))
                        : below.read(query))
                .commits(commit -> {
                    Predicate<Condition> noRemoval = condition -> condition instanceof Condition.Absent
                            && condition.name().equals(REMOVAL);
                    return below.commit(isOfTopic(commit) ? Commits.without(commit, noRemoval) : commit);
                });
    }
}
