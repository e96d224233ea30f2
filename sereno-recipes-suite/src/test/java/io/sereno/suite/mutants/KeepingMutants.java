package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.ReaderMutants.reading;
import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;
import static io.sereno.suite.mutants.TopicMutants.isOfTopic;
import static io.sereno.suite.mutants.TopicMutants.publishes;
import static io.sereno.suite.mutants.TopicMutants.topics;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.From;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Topics whose durable positions, retention or deletion have a bug. */
final class KeepingMutants {
    private static final String POSITION = "position-";
    private static final String REMOVAL = "removal";
    private static final Pattern NEXT = Pattern.compile("next ([0-9]+)");
    private static final Pattern LOW = Pattern.compile("low ([0-9]+)");

    private KeepingMutants() {}

    static List<Mutant> all() {
        return Stream.of(places(), retention(), deletion())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> places() {
        return List.of(
                backend(
                        "TOP-9a",
                        "the stored position counts the message that is being handled",
                        below -> Commits.saying(
                                below,
                                commit -> isOfTopic(commit)
                                        ? Commits.valued(commit, POSITION, place -> oneMore(NEXT, place))
                                        : commit)),
                backend(
                        "TOP-9a",
                        "a position is stored without a condition on the former one",
                        below -> Commits.saying(
                                below,
                                commit -> storesAPosition(commit)
                                        ? Commits.without(commit, Condition.ModRevision.class::isInstance)
                                        : commit)),
                backend("TOP-9b", "each client has a queue of its own", Alone::new),
                topics(
                        "TOP-9b",
                        "a durable reader returns messages after it lost its turn",
                        right -> reading(right, Ahead::new)),
                backend("TOP-9c", "the position is stored with every tenth message", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return storesAPosition(commit)
                                        && Commits.requires(commit, Condition.ModRevision.class::isInstance)
                                        && number(NEXT, value(commit, POSITION)) % 10 != 0
                                ? completedFuture(Commits.done())
                                : super.commit(commit);
                    }
                }),
                backend("TOP-9c", "a position is stored when there is more to read", Unfinished::new),
                backend("TOP-9d", "a durable name has no position before an acknowledgement", Late::new));
    }

    private static List<Mutant> retention() {
        return List.of(
                retaining(
                        "TOP-10a",
                        "one message less is kept than requested",
                        asked -> new Retention(asked.maxMessages() - 1, asked.maxAge())),
                retaining(
                        "TOP-10a",
                        "the age of messages is ignored",
                        asked -> new Retention(asked.maxMessages(), Optional.empty())),
                retaining(
                        "TOP-10a",
                        "the number of messages is ignored if there is an age",
                        asked -> asked.maxAge().isPresent() ? new Retention(Integer.MAX_VALUE, asked.maxAge()) : asked),
                retaining(
                        "TOP-10a",
                        "messages are kept for half the time",
                        asked -> new Retention(
                                asked.maxMessages(), asked.maxAge().map(age -> age.dividedBy(2)))),
                backend(
                        "TOP-10a",
                        "a topic begins within the first batch that is stored",
                        below -> Commits.saying(
                                below,
                                commit -> publishes(commit) && Commits.deletes(commit, "")
                                        ? Commits.valued(commit, TopicMutants.HEADER, header -> oneMore(LOW, header))
                                        : commit)),
                retaining(
                        "TOP-10b",
                        "messages are never trimmed",
                        asked -> new Retention(Integer.MAX_VALUE, Optional.empty())),
                backend("TOP-10b", "deletions are delayed until there are twenty", below -> {
                    List<Write> putOff = new ArrayList<>();
                    return Commits.saying(below, commit -> publishes(commit) ? puttingOff(commit, putOff) : commit);
                }));
    }

    private static List<Mutant> deletion() {
        return List.of(
                topics(
                        "TOP-11a",
                        "a reader of a deleted topic continues with the next one",
                        right -> new TopicWrapper(right, UnaryOperator.identity()) {
                            @Override
                            public TopicReader<Object> reader(From from) {
                                return new Faithless(super.reader(from), () -> super.reader(new From.Earliest()));
                            }
                        }),
                topics(
                        "TOP-11a",
                        "a subscription to a topic that was deleted waits for another one",
                        right -> new TopicWrapper(right, UnaryOperator.identity()) {
                            @Override
                            public Subscription subscribe(From from, TopicListener<Object> listener) {
                                return new Endless(super.subscribe(from, listener));
                            }
                        }),
                backend(
                        "TOP-11b",
                        "durable positions outlive their topic",
                        below -> Commits.saying(
                                below, commit -> isOfTopic(commit) ? withoutDeleting(commit, POSITION) : commit)),
                backend("TOP-11b", "the deletion of a topic ends with its first page", below -> new Wrapper(below) {
                    private boolean one;

                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        if (!clears(commit)) {
                            return super.commit(commit);
                        }
                        boolean more = one;
                        one = true;
                        return more ? completedFuture(Commits.done()) : super.commit(commit);
                    }
                }),
                backend("TOP-11b", "a publisher ignores the remains of a deleted topic", Careless::new),
                backend(
                        "TOP-11c",
                        "a deletion deletes by name",
                        below -> Commits.saying(
                                below,
                                commit -> isOfTopic(commit) && Commits.deletes(commit, "") && !publishes(commit)
                                        ? unconditional(commit)
                                        : commit)));
    }

    // ---- shared

    private static Mutant retaining(String rule, String what, UnaryOperator<Retention> broken) {
        return topics(rule, what, right -> retaining(right, broken));
    }

    private static Topic<Object> retaining(Topic<Object> right, UnaryOperator<Retention> broken) {
        return new TopicWrapper(right, UnaryOperator.identity()) {
            @Override
            public Topic<Object> withRetention(Retention asked) {
                return super.withRetention(broken.apply(asked));
            }
        };
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

    /** Waits for its turn in a queue of its own. */
    private static final class Alone extends Wrapper {
        private static final AtomicInteger CLIENTS = new AtomicInteger();

        private final String own = "-" + CLIENTS.incrementAndGet();

        Alone(Backend below) {
            super(below);
        }

        private String of(String directory) {
            return directory.startsWith("reader/") ? directory + own : directory;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(new Commit(
                    of(commit.directory()),
                    commit.conditions(),
                    commit.writes(),
                    commit.returning().map(this::of)));
        }

        private Query of(Query query) {
            if (query instanceof Query.One one) {
                return new Query.One(of(one.directory()), one.name());
            }
            return query instanceof Query.All all ? new Query.All(of(all.directory())) : query;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(of(query));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(new Target(of(target.directory()), target.name()), listener);
        }
    }

    /** Prefetches the available messages, and returns them one by one. */
    static final class Ahead extends TopicWrapper.OfReader {
        private final Deque<Message<Object>> taken = new ArrayDeque<>();

        Ahead(TopicReader<Object> right) {
            super(right);
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            Optional<Message<Object>> next = taken.isEmpty() ? super.next(timeout) : Optional.of(taken.poll());
            if (next.isPresent() && taken.isEmpty()) {
                super.next(Duration.ZERO).ifPresent(taken::add);
                for (int i = 0; i < 1_000 && !taken.isEmpty(); i++) {
                    Optional<Message<Object>> more = super.next(Duration.ZERO);
                    if (more.isEmpty()) {
                        break;
                    }
                    taken.add(more.get());
                }
            }
            return next;
        }
    }

    /** Leaves the last message for the next time. */
    private static final class Unfinished extends Wrapper {
        Unfinished(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!storesAPosition(commit) || !Commits.requires(commit, Condition.ModRevision.class::isInstance)) {
                return super.commit(commit);
            }
            return super.read(new Query.One(commit.directory(), TopicMutants.HEADER))
                    .thenCompose(read -> read.entries().stream()
                                    .anyMatch(header ->
                                            number(NEXT, header.value().toUtf8())
                                                    == number(NEXT, value(commit, POSITION)))
                            ? completedFuture(Commits.done())
                            : super.commit(commit));
        }
    }

    /** Stores the start position only when there is another position to store. */
    private static final class Late extends Wrapper {
        private final Map<String, Entry> pretended = new ConcurrentHashMap<>();

        Late(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!storesAPosition(commit)) {
                return super.commit(commit);
            }
            Write.Put put = (Write.Put) commit.writes().get(0);
            if (pretended.remove(put.name()) != null) {
                return super.commit(unconditional(commit));
            }
            if (Commits.requires(commit, Condition.Absent.class::isInstance)) {
                pretended.put(put.name(), new Entry(put.name(), put.value(), 1, 1, 0));
                return completedFuture(new CommitResult.Committed(1, Optional.empty()));
            }
            return super.commit(commit);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query)
                    .thenApply(snapshot -> query instanceof Query.One one
                                    && snapshot.entries().isEmpty()
                                    && pretended.containsKey(one.name())
                            ? new Snapshot(List.of(pretended.get(one.name())), false)
                            : snapshot);
        }
    }

    /** Starts over when its topic ends. */
    private static final class Faithless extends TopicWrapper.OfReader {
        private final Supplier<TopicReader<Object>> again;
        private TopicReader<Object> current;

        Faithless(TopicReader<Object> right, Supplier<TopicReader<Object>> again) {
            super(right);
            this.current = right;
            this.again = again;
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            try {
                return current.next(timeout);
            } catch (IllegalStateException deleted) {
                current = again.get();
                return current.next(timeout);
            }
        }

        @Override
        public void close() {
            current.close();
        }
    }

    private record Endless(Subscription right) implements Subscription {
        @Override
        public CompletionStage<Void> ended() {
            return new CompletableFuture<>();
        }

        @Override
        public void close() {
            right.close();
        }
    }

    /** Does not see a removal that another client has not finished. */
    private static final class Careless extends Wrapper {
        Careless(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return query instanceof Query.One one && one.name().equals(REMOVAL)
                    ? completedFuture(new Snapshot(List.of(), false))
                    : super.read(query);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            Predicate<Condition> noRemoval = condition ->
                    condition instanceof Condition.Absent && condition.name().equals(REMOVAL);
            return super.commit(isOfTopic(commit) ? Commits.without(commit, noRemoval) : commit);
        }
    }
}
