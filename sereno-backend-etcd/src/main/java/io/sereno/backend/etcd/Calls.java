package io.sereno.backend.etcd;

import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.TxnRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests with one answer. Each call ends in time, and a failed one says whether it was sent.
 *
 * <p>A request is sent again in two cases only. In both it certainly had no effect: either it was never handed to a connection and there is
 * another connection, or etcd refused it, perhaps because of its token, and there is a new token.
 *
 * <p>A member that lost its leader never answers the requests that it had forwarded to that leader. A call that has waited for {@link #PATIENCE}
 * is <em>overdue</em>. From then on a write without effect is sent repeatedly. An overdue call is given up when such a write is answered that
 * began at least a second after the call, and no call that had waited for long was answered within the last second. If the call is a commit, its
 * outcome is unknown.
 *
 * <p>A read of many entries is not given up so soon, but after half of its limit. It does not go through the log, and a busy member needs long to
 * collect a large answer, so a later write is often answered first.
 */
final class Calls {
    /**
     * How long a call waits on a completely silent connection before other calls use another one. The call itself goes on
     * waiting: its answer may still come. A session has a third of its ttl between two renewals.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** When a waiting call checks, by a request that needs no leader, whether its member is there at all. */
    private static final Duration PING_AFTER = PATIENCE.dividedBy(2);

    private static final Duration BETWEEN_PROBES = PATIENCE.dividedBy(4);

    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    private final Links links;
    private final Tokens tokens;
    private final TimeSource time;
    private final Executor threads;
    private final Duration limit;
    /** Goes through the log of the cluster behind all earlier writes, and changes nothing. */
    private final TxnRequest probe;

    private final Set<Call<?, ?>> overdue = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean probing = new AtomicBoolean();
    /** When a call that had waited for long was last answered: other waiting calls are then queued, not lost. */
    private volatile long slowAnswerAt;

    private volatile boolean closed;

    Calls(Links links, Tokens tokens, TimeSource time, Executor threads, Duration limit, Keys keys) {
        this.probe = Transactions.withoutEffect(keys);
        this.slowAnswerAt = time.nanoTime() - PATIENCE.toNanos();
        this.links = links;
        this.tokens = tokens;
        this.time = time;
        this.threads = threads;
        this.limit = limit;
    }

    /** Fails with a {@link CallFailure}. */
    <Q, A> CompletableFuture<A> call(MethodDescriptor<Q, A> method, Q request) {
        return call(method, request, limit);
    }

    <Q, A> CompletableFuture<A> call(MethodDescriptor<Q, A> method, Q request, Duration limit) {
        return new Call<>(method, request, limit, tokens.isUsed()).start();
    }

    /** The one request that is made without a token. */
    <Q, A> CompletableFuture<A> logIn(MethodDescriptor<Q, A> method, Q request) {
        return new Call<>(method, request, limit, false).start();
    }

    /** Replaces the current connection if it is completely silent for this long. */
    private void ping(Duration patience) {
        CompletionStage<?> answer =
                call(MaintenanceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance(), patience);
        // Any answer will do, even a refusal. If there is none, the call has replaced the connection.
        answer.exceptionally(failure -> null);
    }

    private void probe() {
        if (probing.compareAndSet(false, true)) {
            sendProbe();
        }
    }

    /** Sends probes one at a time until no call is overdue. */
    private void sendProbe() {
        if (overdue.isEmpty() || closed) {
            probing.set(false);
            if (!overdue.isEmpty() && !closed) {
                probe(); // A call was added after the check.
            }
            return;
        }
        long startedAt = time.nanoTime();
        CompletionStage<?> answer = call(KVGrpc.getTxnMethod(), probe, PATIENCE);
        answer.whenComplete((done, failure) -> {
            if (failure == null && time.nanoTime() - slowAnswerAt >= PATIENCE.toNanos()) {
                overdue.forEach(call -> call.overtakenBy(startedAt));
            }
            time.schedule(BETWEEN_PROBES, threads, this::sendProbe);
        });
    }

    /** From now on every call fails at once. Calls under way end with their connections. */
    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    static Metadata headers(Optional<String> token) {
        Metadata headers = new Metadata();
        // With this header, a member that has no leader refuses the call at once.
        headers.put(HAS_LEADER, "true");
        token.ifPresent(known -> headers.put(Tokens.HEADER, known));
        return headers;
    }

    private final class Call<Q, A> {
        private final MethodDescriptor<Q, A> method;
        private final Q request;
        private final Duration limit;
        private final boolean withToken;
        private final CompletableFuture<A> end = new CompletableFuture<>();
        private final long startedAt = time.nanoTime();

        private int moves = links.count();
        private boolean tokenRenewed;

        // Guarded by this: either the timer sees the attempt, or the attempt sees that it is too late.
        private boolean late;
        private @Nullable Attempt attempt;
        private Runnable timer = () -> {};

        Call(MethodDescriptor<Q, A> method, Q request, Duration limit, boolean withToken) {
            this.method = method;
            this.request = request;
            this.limit = limit;
            this.withToken = withToken;
        }

        CompletableFuture<A> start() {
            if (closed) {
                end.completeExceptionally(EtcdBackend.closed());
                return end;
            }
            boolean brief = limit.compareTo(PATIENCE) <= 0;
            timer = time.schedule(brief ? limit : PING_AFTER, threads, brief ? this::tooLate : this::waits);
            CompletionStage<A> ended = end;
            ended.whenComplete((answer, failure) -> {
                stopTimer();
                overdue.remove(this);
            });
            attempt();
            return end;
        }

        private synchronized void stopTimer() {
            timer.run();
        }

        private void waits() {
            synchronized (this) {
                if (end.isDone()) {
                    return;
                }
                timer = time.schedule(PATIENCE.minus(PING_AFTER), threads, this::impatient);
            }
            if (links.current().isSilentSince(startedAt)) {
                ping(PATIENCE.minus(PING_AFTER));
            }
        }

        private void impatient() {
            Link silent;
            synchronized (this) {
                if (end.isDone()) {
                    return;
                }
                silent = attempt == null ? links.current() : attempt.link;
                timer = time.schedule(limit.minus(PATIENCE), threads, this::tooLate);
            }
            links.unanswered(silent, startedAt);
            overdue.add(this);
            if (end.isDone()) {
                overdue.remove(this);
            } else {
                probe();
            }
        }

        private void overtakenBy(long laterStart) {
            Attempt last;
            synchronized (this) {
                last = attempt;
                if (last == null
                        || last.answerBegun
                        || laterStart - startedAt < patience().toNanos()) {
                    return;
                }
                late = true;
            }
            last.cancel();
        }

        /** How much later a write must begin, and be answered, before this call is given up. */
        private Duration patience() {
            Duration half = limit.dividedBy(2);
            return readsMany() && half.compareTo(PATIENCE) > 0 ? half : PATIENCE;
        }

        private boolean readsMany() {
            return request instanceof RangeRequest range && !range.getRangeEnd().isEmpty();
        }

        private void attempt() {
            if (!withToken) {
                attempt(Optional.empty());
                return;
            }
            tokens.get(Calls.this).whenComplete((token, failure) -> {
                if (failure != null) {
                    end.completeExceptionally(failure);
                } else {
                    attempt(token);
                }
            });
        }

        private synchronized void attempt(Optional<String> token) {
            if (!late) {
                attempt = new Attempt(links.current(), token);
                attempt.start();
            }
        }

        /** Ends the attempt. Its outcome is decided when its end is reported, since nothing more can be sent then. */
        private void tooLate() {
            Attempt last;
            synchronized (this) {
                late = true;
                last = attempt;
            }
            if (last != null) {
                last.cancel();
            } else {
                // The log-in may have more time left than this call had. The next call asks another server.
                Link silent = links.current();
                links.unanswered(silent, startedAt);
                tokens.abandon();
                failUnsent(silent, "gave no token within ");
            }
        }

        private synchronized boolean isLate() {
            return late;
        }

        /** Begins another attempt, since the last one had no effect. The timer has nothing to end until then. */
        private void attemptAgain() {
            boolean inTime;
            synchronized (this) {
                attempt = null;
                inTime = !late;
            }
            if (inTime) {
                attempt();
            } else {
                failUnsent(links.current(), "did not answer within ");
            }
        }

        private void failUnsent(Link link, String what) {
            end.completeExceptionally(new CallFailure(
                    Status.DEADLINE_EXCEEDED, false, "etcd at " + link.authority() + " " + what + limit));
        }

        private final class Attempt extends ClientCall.Listener<A> {
            private final Link link;
            private final Optional<String> token;
            private final ClientCall<Q, A> call;
            private volatile boolean sent;
            private volatile boolean answerBegun;
            private volatile boolean messageBegun;
            /** Whether a channel of the application has sent the request again. */
            private volatile boolean repeated;

            private @Nullable A answer;

            Attempt(Link link, Optional<String> token) {
                this.link = link;
                this.token = token;
                ClientStreamTracer evidence = new ClientStreamTracer() {
                    @Override
                    public void streamCreated(io.grpc.Attributes transport, Metadata headers) {
                        sent = true;
                    }

                    @Override
                    public void inboundHeaders() {
                        answerBegun = true;
                    }

                    @Override
                    public void inboundMessage(int number) {
                        messageBegun = true;
                    }
                };
                this.call = link.channel()
                        .newCall(
                                method,
                                CallOptions.DEFAULT
                                        .withExecutor(threads)
                                        .withStreamTracerFactory(new ClientStreamTracer.Factory() {
                                            @Override
                                            public ClientStreamTracer newClientStreamTracer(
                                                    ClientStreamTracer.StreamInfo info, Metadata headers) {
                                                repeated |=
                                                        info.getPreviousAttempts() > 0 && !info.isTransparentRetry();
                                                return evidence;
                                            }
                                        }));
            }

            void start() {
                call.start(this, headers(token));
                // One answer, then the end of the call.
                call.request(2);
                call.sendMessage(request);
                call.halfClose();
            }

            void cancel() {
                call.cancel("no answer in time", null);
            }

            @Override
            public void onMessage(A message) {
                long now = time.nanoTime();
                link.received(now);
                if (now - startedAt >= PING_AFTER.toNanos() && limit.compareTo(PATIENCE) > 0) {
                    slowAnswerAt = now;
                }
                answer = message;
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                try {
                    closed(status);
                } catch (RuntimeException | Error e) {
                    // Otherwise the call would never end.
                    end.completeExceptionally(
                            new CallFailure(Status.fromThrowable(e), sent, "the end of a call failed"));
                    throw e;
                }
            }

            private void closed(Status status) {
                A received = answer;
                if (repeated) {
                    fail(
                            Status.ABORTED.withDescription(
                                    "the channel has sent the request again, so it may have been done twice; Sereno"
                                            + " needs a channel without a retry policy and without hedging"),
                            "was sent " + method.getBareMethodName() + " more than once");
                } else if (status.isOk() && received != null) {
                    end.complete(received);
                } else if (status.getCode() == Status.Code.CANCELLED && isLate()) {
                    links.unanswered(link, startedAt);
                    Duration waited = Duration.ofNanos(time.nanoTime() - startedAt);
                    fail(
                            Status.DEADLINE_EXCEEDED,
                            waited.compareTo(limit) >= 0
                                    ? "did not answer within " + limit
                                    : "did not answer for " + waited + ", and answers later writes");
                } else if (!again(status)) {
                    fail(status, "did not do " + method.getBareMethodName());
                }
            }

            private boolean again(Status status) {
                boolean moved = false;
                if (status.getCode() == Status.Code.UNAVAILABLE) {
                    moved = links.failed(link);
                } else {
                    link.received(time.nanoTime());
                }
                if (!sent && moved && moves-- > 0 && !closed) {
                    attemptAgain();
                    return true;
                }
                if (withToken && !tokenRenewed && mayBeForTheToken(status)) {
                    tokenRenewed = true;
                    tokens.forget(token);
                    attemptAgain();
                    return true;
                }
                return false;
            }

            /**
             * Whether etcd's error code says that the token is unknown or outdated. The second code has other causes too; with
             * those etcd did nothing either.
             */
            private boolean mayBeForTheToken(Status status) {
                return status.getCode() == Status.Code.UNAUTHENTICATED
                        || status.getCode() == Status.Code.INVALID_ARGUMENT;
            }

            private void fail(Status status, String what) {
                end.completeExceptionally(
                        closed
                                ? new CallFailure(Status.CANCELLED, sent, "this client was closed meanwhile")
                                : new CallFailure(
                                        status, sent, "etcd at " + link.authority() + " " + what, isTooLarge(status)));
            }

            /**
             * Whether gRPC refused the message for its length. A refusal by etcd has the same code, but no answer headers precede it.
             */
            private boolean isTooLarge(Status status) {
                return status.getCode() == Status.Code.RESOURCE_EXHAUSTED && answerBegun && !messageBegun;
            }
        }
    }
}
