package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.SerenoLock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The objects that mutants of the lock give to their users in place of the correct ones. */
final class LockObjects {
    private LockObjects() {}

    static Mutex granting(Mutex mutex, UnaryOperator<Grant> grants) {
        return changed(Mutex.class, mutex, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found && found.isPresent() && found.get() instanceof Grant grant) {
                return Optional.of(grants.apply(grant));
            }
            return result instanceof Grant grant ? grants.apply(grant) : result;
        });
    }

    static Grant tokens(Grant grant, LongUnaryOperator change) {
        return changed(
                Grant.class,
                grant,
                (method, call) ->
                        method.equals("fencingToken") ? (Object) change.applyAsLong(grant.fencingToken()) : call.go());
    }

    /** A grant whose release() does what close() does. */
    static Grant silent(Grant grant) {
        return changed(Grant.class, grant, (method, call) -> {
            if (method.equals("release")) {
                grant.close();
                return null;
            }
            return call.go();
        });
    }

    /** A bug in the grants of one client, which share one number. */
    static Mutants.Client granting(Function<AtomicLong, UnaryOperator<Grant>> broken) {
        return (world, store, settings) -> {
            Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
            UnaryOperator<Grant> grants = broken.apply(new AtomicLong());
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return result instanceof Mutex mutex ? granting(mutex, grants) : result;
            });
        };
    }

    static UnaryOperator<Grant> counted(AtomicLong last) {
        return grant -> {
            long token = last.addAndGet(1_024);
            return tokens(grant, right -> token);
        };
    }

    /** How to make an attempt with a timeout. */
    interface Attempt {
        Optional<Grant> within(Duration timeout) throws InterruptedException;
    }

    static Mutex trying(Mutex mutex, Attempt attempt) {
        return changed(
                Mutex.class,
                mutex,
                (method, call) -> method.equals("tryAcquire") && call.givenCount() == 1
                        ? attempt.within(call.given(0, Duration.class))
                        : call.go());
    }

    /** Admits one caller after another, the last one to arrive first. */
    static final class Stack {
        private final Deque<CompletableFuture<Boolean>> waiting = new ArrayDeque<>();
        private boolean isTaken;

        @Nullable
        Object oneAtATime(RecipeMutants.Call call) throws Throwable {
            CompletableFuture<Boolean> turn = new CompletableFuture<>();
            synchronized (this) {
                if (isTaken) {
                    waiting.push(turn);
                } else {
                    isTaken = true;
                    turn.complete(true);
                }
            }
            turn.get();
            try {
                return call.go();
            } finally {
                next();
            }
        }

        private synchronized void next() {
            isTaken = !waiting.isEmpty();
            if (isTaken) {
                waiting.pop().complete(true);
            }
        }
    }

    /** A bug of a mutex that needs time. */
    static Mutants.Client timed(BiFunction<World, Mutex, Mutex> broken) {
        return (world, store, settings) -> {
            Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return result instanceof Mutex mutex ? broken.apply(world, mutex) : result;
            });
        };
    }

    /** Has no place in the queue, and tries every 10 ms. */
    static Mutex polling(World world, Mutex mutex) {
        return changed(Mutex.class, mutex, (method, call) -> {
            if (!method.equals("acquire")) {
                return call.go();
            }
            Optional<Grant> attempt = mutex.tryAcquire();
            while (attempt.isEmpty()) {
                CompletableFuture<Boolean> pause = new CompletableFuture<>();
                world.later(Duration.ofMillis(10), () -> pause.complete(true));
                pause.get();
                attempt = mutex.tryAcquire();
            }
            return attempt.get();
        });
    }

    static Mutants.Client handingOn(int most, Duration longest) {
        return timed((world, mutex) -> {
            Series series = new Series(world, mutex, most, longest);
            return changed(
                    Mutex.class, mutex, (method, call) -> method.equals("acquire") ? series.acquire() : call.go());
        });
    }

    /** Passes a grant on to the next caller of the same client. */
    private static final class Series {
        private final World world;
        private final Mutex mutex;
        private final int most;
        private final Duration longest;
        private final Deque<CompletableFuture<Optional<Grant>>> waiting = new ArrayDeque<>();
        private boolean isTaken;
        private int place;
        private long since;

        Series(World world, Mutex mutex, int most, Duration longest) {
            this.world = world;
            this.mutex = mutex;
            this.most = most;
            this.longest = longest;
        }

        Grant acquire() throws Exception {
            CompletableFuture<Optional<Grant>> turn = new CompletableFuture<>();
            synchronized (this) {
                if (isTaken) {
                    waiting.add(turn);
                } else {
                    isTaken = true;
                    turn.complete(Optional.empty());
                }
            }
            Optional<Grant> handedOn = turn.get();
            if (handedOn.isPresent()) {
                return handedOn.get();
            }
            Grant first = mutex.acquire();
            synchronized (this) {
                place = 0;
                since = world.time().nanoTime();
            }
            return hold(first, 0);
        }

        private Grant hold(Grant right, int number) {
            return changed(Grant.class, right, (method, call) -> switch (method) {
                case "fencingToken" -> right.fencingToken() + number;
                case "release", "close" -> {
                    pass(right);
                    yield null;
                }
                default -> call.go();
            });
        }

        private void pass(Grant right) {
            CompletableFuture<Optional<Grant>> next;
            boolean handsOn;
            synchronized (this) {
                next = waiting.poll();
                place++;
                handsOn = next != null && place < most && world.time().nanoTime() - since < longest.toNanos();
                isTaken = next != null;
            }
            if (!handsOn) {
                right.release();
            }
            if (next != null) {
                next.complete(handsOn ? Optional.of(hold(right, place)) : Optional.empty());
            }
        }
    }

    static UnaryOperator<Mutex> lock(Function<Mutex, Lockings> lockings) {
        return mutex -> {
            Lockings owners = lockings.apply(mutex);
            return changed(Mutex.class, mutex, (method, call) -> method.equals("asLock") ? owners.asLock() : call.go());
        };
    }

    /** A straightforward lock view, with a step to be replaced. */
    abstract static class Lockings {
        private final Mutex mutex;
        private volatile @Nullable Thread owner;
        private volatile @Nullable Grant held;
        private int depth;

        Lockings(Mutex mutex) {
            this.mutex = mutex;
        }

        boolean isMine() {
            return Thread.currentThread().equals(owner);
        }

        boolean isLast() {
            return depth == 0;
        }

        void enter() throws InterruptedException {
            held = mutex.acquire();
            owner = Thread.currentThread();
            depth = 1;
        }

        void again() throws InterruptedException {
            depth++;
        }

        void leave() {
            grant().release();
        }

        boolean isHeld() {
            Grant grant = held;
            return grant != null && isMine() && grant.isHeld();
        }

        /** The next lock() of a thread that was told of a loss begins anew. */
        private boolean tell() {
            boolean holds = isHeld();
            if (!holds && isMine()) {
                held = null;
                owner = null;
            }
            return holds;
        }

        Grant grant() {
            return Objects.requireNonNull(held);
        }

        SerenoLock asLock() {
            return changed(SerenoLock.class, mutex.asLock(), (method, call) -> switch (method) {
                case "lock" -> {
                    if (held != null && isMine()) {
                        again();
                    } else {
                        enter();
                    }
                    yield null;
                }
                case "tryLock" -> {
                    if (held != null && isMine()) {
                        again();
                        yield true;
                    }
                    Optional<Grant> attempt = mutex.tryAcquire();
                    if (attempt.isPresent()) {
                        held = attempt.get();
                        owner = Thread.currentThread();
                        depth = 1;
                    }
                    yield attempt.isPresent();
                }
                case "unlock" -> {
                    depth--;
                    if (isLast()) {
                        try {
                            leave();
                        } finally {
                            held = null;
                            owner = null;
                        }
                    }
                    yield null;
                }
                case "isHeldByCurrentThread" -> tell();
                default -> call.go();
            });
        }
    }

    /** Held by every caller that believes so. */
    static final class NobodysGrant implements Grant {
        private static final AtomicLong LAST = new AtomicLong(1L << 40);

        private final long token = LAST.incrementAndGet();
        private final AtomicBoolean released = new AtomicBoolean();

        @Override
        public long fencingToken() {
            return token;
        }

        @Override
        public boolean isHeld() {
            return !released.get();
        }

        @Override
        public Duration remaining() {
            return Duration.ofSeconds(1);
        }

        @Override
        public CompletionStage<LossCause> lost() {
            return new CompletableFuture<>();
        }

        @Override
        public void release() {
            released.set(true);
        }

        @Override
        public void close() {
            released.set(true);
        }
    }
}
