package io.sereno.tck.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says whether concurrent calls of an object could have come one after another, each at some moment between its
 * invocation and its return. Uses the search of Wing and Gong with the memory of Lowe. The search works for any object,
 * but has exponential worst cases, so it has a budget.
 */
public final class Linearizability {
    private Linearizability() {}

    /**
     * A call.
     *
     * @param client who called; for messages
     * @param invoked the order of its invocation
     * @param returned the order of its return; {@link Long#MAX_VALUE} if its outcome is unknown: it may have happened
     *     at any time after its invocation, or not at all
     * @param action the request and its answer
     * @param <A> the type of actions
     */
    public record Call<A>(String client, long invoked, long returned, A action) {
        boolean isCertain() {
            return returned != Long.MAX_VALUE;
        }
    }

    /** The end of a search. */
    public enum Verdict {
        /** An order exists. */
        LINEARIZABLE,
        /** No order exists. */
        IMPOSSIBLE,
        /** The budget was used up. */
        UNKNOWN
    }

    /**
     * What was found.
     *
     * @param verdict whether an order exists
     * @param steps how many were tried
     * @param stuck where the longest order that was found ends: a call that no order can include; empty unless
     *     impossible
     * @param <A> the type of actions
     */
    public record Result<A>(Verdict verdict, long steps, Optional<Call<A>> stuck) {}

    private record Seen<S>(BitSet placed, S state) {}

    private record Frame<S>(int entry, S before) {}

    /**
     * Searches an order.
     *
     * @param calls of one object, in any order
     * @param model how the object behaves
     * @param budget the most steps to try
     * @param <S> the type of states
     * @param <A> the type of actions
     * @return what was found
     */
    public static <S, A> Result<A> check(List<Call<A>> calls, Model<S, A> model, long budget) {
        List<Call<A>> sorted = new ArrayList<>(calls);
        sorted.sort(Comparator.comparingLong(Call::invoked));
        return new Search<>(sorted, model, budget).run();
    }

    /*
     * Invocations and returns are entries of a doubly linked list, in their order. A call may come next if its
     * invocation is reached before any return: every call that has returned before has been placed and so is no longer
     * in the list. A call that is placed is removed from the list, and put back when the search backtracks.
     */
    private static final class Search<S, A> {
        private final List<Call<A>> calls;
        private final Model<S, A> model;
        private final long budget;
        private final int[] next;
        private final int[] previous;
        /** By entry: the number of the call, from 0, for an invocation; its complement for a return. */
        private final int[] callOf;

        private final int[] invocation;
        private final int[] returning;
        private int certainLeft;

        Search(List<Call<A>> calls, Model<S, A> model, long budget) {
            this.calls = calls;
            this.model = model;
            this.budget = budget;
            record Mark(long order, int call) {}
            List<Mark> marks = new ArrayList<>();
            for (int i = 0; i < calls.size(); i++) {
                marks.add(new Mark(calls.get(i).invoked(), i));
                if (calls.get(i).isCertain()) {
                    marks.add(new Mark(calls.get(i).returned(), ~i));
                    certainLeft++;
                }
            }
            // If two have the same order, the invocation comes first: so they overlap.
            marks.sort(Comparator.comparingLong(Mark::order).thenComparing(mark -> mark.call() < 0));
            int size = marks.size();
            // Entry 0 is the head.
            next = new int[size + 1];
            previous = new int[size + 1];
            callOf = new int[size + 1];
            invocation = new int[calls.size()];
            returning = new int[calls.size()];
            for (int i = 1; i <= size; i++) {
                previous[i] = i - 1;
                next[i - 1] = i;
                int call = marks.get(i - 1).call();
                callOf[i] = call;
                if (call >= 0) {
                    invocation[call] = i;
                } else {
                    returning[~call] = i;
                }
            }
            next[size] = 0;
        }

        Result<A> run() {
            BitSet placed = new BitSet(calls.size());
            Set<Seen<S>> seen = new HashSet<>();
            List<Frame<S>> frames = new ArrayList<>();
            S state = model.initial();
            int entry = next[0];
            int most = -1;
            int stuck = -1;
            long steps = 0;
            while (certainLeft > 0) {
                boolean turned = entry == 0 || callOf[entry] < 0;
                if (!turned) {
                    if (++steps > budget) {
                        return new Result<>(Verdict.UNKNOWN, steps, Optional.empty());
                    }
                    int call = callOf[entry];
                    Optional<S> after = model.step(state, calls.get(call).action());
                    if (after.isPresent()) {
                        placed.set(call);
                        if (seen.add(new Seen<>((BitSet) placed.clone(), after.get()))) {
                            frames.add(new Frame<>(entry, state));
                            state = after.get();
                            lift(call);
                            entry = next[0];
                            continue;
                        }
                        placed.clear(call);
                    }
                    entry = next[entry];
                    continue;
                }
                if (entry != 0 && placed.cardinality() > most) {
                    most = placed.cardinality();
                    stuck = ~callOf[entry];
                }
                if (frames.isEmpty()) {
                    return new Result<>(
                            Verdict.IMPOSSIBLE, steps, stuck < 0 ? Optional.empty() : Optional.of(calls.get(stuck)));
                }
                Frame<S> last = frames.remove(frames.size() - 1);
                state = last.before();
                int call = callOf[last.entry()];
                placed.clear(call);
                putBack(call);
                entry = next[last.entry()];
            }
            return new Result<>(Verdict.LINEARIZABLE, steps, Optional.empty());
        }

        private void lift(int call) {
            unlink(invocation[call]);
            if (calls.get(call).isCertain()) {
                unlink(returning[call]);
                certainLeft--;
            }
        }

        private void putBack(int call) {
            if (calls.get(call).isCertain()) {
                link(returning[call]);
                certainLeft++;
            }
            link(invocation[call]);
        }

        private void unlink(int entry) {
            next[previous[entry]] = next[entry];
            if (next[entry] != 0) {
                previous[next[entry]] = previous[entry];
            }
        }

        private void link(int entry) {
            next[previous[entry]] = entry;
            if (next[entry] != 0) {
                previous[next[entry]] = entry;
            }
        }
    }
}
