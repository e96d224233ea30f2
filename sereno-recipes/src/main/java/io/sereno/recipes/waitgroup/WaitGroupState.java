package io.sereno.recipes.waitgroup;

import io.sereno.UnreadableEntryException;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The state of a wait group, as stored in its header. Immutable.
 *
 * @param generation counts from 1; 0 before any {@code add}
 * @param policy of this generation
 * @param pending places that are not done
 * @param joined those of them that are taken by a tracked worker
 * @param failures the generations that failed last, including this one if it failed; the oldest first
 * @param numbers of this generation's workers
 */
record WaitGroupState(
        long generation,
        Stage stage,
        OnLostWorker policy,
        int pending,
        int joined,
        List<Failure> failures,
        WaitGroupNumbers numbers) {
    enum Stage {
        OPEN,
        DONE,
        /** A worker was lost under {@link OnLostWorker#FAIL}. Workers that are still at work may end normally. */
        FAILED
    }

    /** How a worker leaves its place. */
    enum Leave {
        DONE,
        LOST,
        /** As if it had never been taken. */
        UNTAKEN
    }

    /** @param number 0 if the worker has none, since a former version took its place */
    record Worker(String id, int number) {}

    /** @param workers the lost workers; the first {@link #MOST_NAMED} of them */
    record Failure(long generation, List<String> workers) {}

    /** No client that would have to be notified still waits for an older generation. */
    static final int MOST_FAILURES = 8;

    static final int MOST_NAMED = 100;

    static final Cells.Format<WaitGroupState> FORMAT = new Format();

    private static final WaitGroupState NONE =
            new WaitGroupState(0, Stage.DONE, OnLostWorker.FAIL, 0, 0, List.of(), WaitGroupNumbers.NONE);

    WaitGroupState {
        failures = List.copyOf(failures);
    }

    boolean isOpen() {
        return stage == Stage.OPEN;
    }

    /** A worker may take a place. */
    boolean hasRoom() {
        return isOpen() && joined < pending;
    }

    /** A place may be counted as done that no worker has taken; also after a failure. */
    boolean canCount() {
        return stage != Stage.DONE && joined < pending;
    }

    /** Adds places; to the next generation if this one has ended. */
    WaitGroupState add(int workers, @Nullable OnLostWorker wanted) {
        if (!isOpen()) {
            OnLostWorker next = wanted != null ? wanted : OnLostWorker.FAIL;
            return new WaitGroupState(generation + 1, Stage.OPEN, next, workers, 0, failures, WaitGroupNumbers.NONE);
        }
        return with(stage, Math.addExact(pending, workers), joined, failures);
    }

    WaitGroupState join() {
        return with(stage, pending, joined + 1, failures).numbered(numbers.taken());
    }

    /** Counts a place that nobody had taken as done. */
    WaitGroupState count() {
        return ending(pending - 1, joined);
    }

    WaitGroupState leave(Leave how, List<Worker> workers) {
        int count = workers.size();
        return switch (how) {
            case DONE -> ending(pending - count, joined - count);
            case UNTAKEN -> reopen(workers);
            case LOST ->
                switch (policy) {
                    case FAIL -> fail(workers.stream().map(Worker::id).toList());
                    case COUNT_AS_DONE -> ending(pending - count, joined - count);
                    case REOPEN -> reopen(workers);
                };
        };
    }

    private WaitGroupState reopen(List<Worker> workers) {
        WaitGroupNumbers next = numbers;
        for (Worker worker : workers) {
            next = next.givenBack(worker.number());
        }
        return with(stage, pending, joined - workers.size(), failures).numbered(next);
    }

    /** The workers lost in a generation that failed; null if it did not fail, or is no longer remembered. */
    @Nullable
    List<String> lostIn(long failed) {
        for (Failure failure : failures) {
            if (failure.generation() == failed) {
                return failure.workers();
            }
        }
        return null;
    }

    /** Whether the header still shows if a past generation failed. */
    boolean remembers(long past) {
        return failures.size() < MOST_FAILURES || past >= failures.get(0).generation();
    }

    private WaitGroupState ending(int left, int stillJoined) {
        return with(left == 0 && isOpen() ? Stage.DONE : stage, left, stillJoined, failures);
    }

    private WaitGroupState fail(List<String> workers) {
        List<Failure> next = new ArrayList<>(failures);
        List<String> named = new ArrayList<>();
        if (stage == Stage.FAILED) {
            named.addAll(next.remove(next.size() - 1).workers());
        }
        named.addAll(workers);
        next.add(new Failure(generation, named.subList(0, Math.min(MOST_NAMED, named.size()))));
        List<Failure> last = next.subList(Math.max(0, next.size() - MOST_FAILURES), next.size());
        return with(Stage.FAILED, pending, joined - workers.size(), last);
    }

    private WaitGroupState with(Stage nextStage, int nextPending, int nextJoined, List<Failure> nextFailures) {
        return new WaitGroupState(generation, nextStage, policy, nextPending, nextJoined, nextFailures, numbers);
    }

    private WaitGroupState numbered(WaitGroupNumbers next) {
        return new WaitGroupState(generation, stage, policy, pending, joined, failures, next);
    }

    /** Lines of words; a reader ignores unknown lines. */
    private static final class Format implements Cells.Format<WaitGroupState> {
        private static final String HEADER = "sereno/1 waitgroup";

        @Override
        public WaitGroupState initial() {
            return NONE;
        }

        @Override
        public Bytes encode(WaitGroupState state) {
            StringBuilder text = new StringBuilder(HEADER);
            text.append("\ngeneration ").append(state.generation);
            text.append("\nstage ").append(word(state.stage));
            text.append("\npolicy ").append(word(state.policy));
            text.append("\npending ").append(state.pending);
            text.append("\njoined ").append(state.joined);
            if (state.numbers.next() > 1) {
                text.append("\nnumbers ").append(state.numbers.encode());
            }
            for (Failure failure : state.failures) {
                text.append("\nfailed ").append(failure.generation());
                failure.workers().forEach(worker -> text.append(' ').append(worker));
            }
            return Bytes.utf8(text.append('\n').toString());
        }

        @Override
        public WaitGroupState decode(Bytes value) {
            String text = value.toUtf8();
            IllegalArgumentException why = null;
            try {
                if (text.startsWith(HEADER + "\n")) {
                    return parse(text);
                }
            } catch (IllegalArgumentException unreadable) {
                why = unreadable;
            } catch (IndexOutOfBoundsException tooShort) {
                why = new IllegalArgumentException("a line is too short", tooShort);
            }
            throw new UnreadableEntryException("an entry that should hold a wait group holds " + Quote.of(text), why);
        }

        private static WaitGroupState parse(String text) {
            long generation = 0;
            Stage stage = Stage.DONE;
            OnLostWorker policy = OnLostWorker.FAIL;
            int pending = 0;
            int joined = 0;
            List<Failure> failures = new ArrayList<>();
            WaitGroupNumbers numbers = WaitGroupNumbers.NONE;
            for (String line : text.split("\n", -1)) {
                String[] words = line.split(" ", -1);
                switch (words[0]) {
                    case "generation" -> generation = Long.parseLong(words[1]);
                    case "stage" -> stage = Stage.valueOf(words[1].toUpperCase(Locale.ROOT));
                    case "policy" -> policy = OnLostWorker.valueOf(words[1].toUpperCase(Locale.ROOT));
                    case "pending" -> pending = Integer.parseInt(words[1]);
                    case "joined" -> joined = Integer.parseInt(words[1]);
                    case "numbers" -> numbers = WaitGroupNumbers.decode(words[1], words.length > 2 ? words[2] : "");
                    case "failed" ->
                        failures.add(new Failure(
                                Long.parseLong(words[1]),
                                List.copyOf(Arrays.asList(words).subList(2, words.length))));
                    default -> {
                        // Another version's line.
                    }
                }
            }
            return new WaitGroupState(generation, stage, policy, pending, joined, failures, numbers);
        }

        private static String word(Enum<?> value) {
            return value.name().toLowerCase(Locale.ROOT);
        }
    }
}
