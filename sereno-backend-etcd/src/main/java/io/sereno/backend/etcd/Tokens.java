package io.sereno.backend.etcd;

import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.grpc.Metadata;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The token that each request carries if there is a user. All requests share one token. A new one is requested after
 * etcd refused it, as it does after some minutes, after a restart, and when rights were changed.
 */
final class Tokens {
    static final Metadata.Key<String> HEADER = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    private final Optional<String> user;
    private final Supplier<Optional<char[]>> password;
    /** Whether the application attaches tokens to calls, so that none is requested here. */
    private final boolean attached;

    private final Executor threads;
    /** The token, or the log-in under way. */
    private final AtomicReference<@Nullable CompletableFuture<Optional<String>>> current = new AtomicReference<>();

    /**
     * Makes the token of a user.
     *
     * @param password requested at each log-in, on its own thread, since application code supplies it
     * @param attached whether the application attaches tokens to calls; then there is no user
     */
    Tokens(Optional<String> user, Supplier<Optional<char[]>> password, boolean attached, Executor threads) {
        this.user = user;
        this.password = password;
        this.attached = attached;
        this.threads = threads;
    }

    /** Whether calls carry tokens. */
    boolean isUsed() {
        return attached || user.isPresent();
    }

    /** Empty if there is no user. */
    CompletionStage<Optional<String>> get(Calls calls) {
        if (user.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        while (true) {
            CompletableFuture<Optional<String>> known = current.get();
            if (known != null && !known.isCompletedExceptionally()) {
                return known;
            }
            CompletableFuture<Optional<String>> fresh = new CompletableFuture<>();
            if (current.compareAndSet(known, fresh)) {
                threads.execute(() -> logIn(user.get(), calls, fresh));
                return fresh;
            }
        }
    }

    private void logIn(String name, Calls calls, CompletableFuture<Optional<String>> fresh) {
        AuthenticateRequest login;
        try {
            login = request(name);
        } catch (RuntimeException | Error none) {
            fresh.completeExceptionally(none);
            return;
        }
        CompletionStage<AuthenticateResponse> answered = calls.logIn(AuthGrpc.getAuthenticateMethod(), login);
        answered.whenComplete((answer, failure) -> {
            if (failure != null) {
                fresh.completeExceptionally(refused(failure));
            } else {
                fresh.complete(token(answer));
            }
        });
    }

    private AuthenticateRequest request(String name) {
        char[] secret = password.get().orElse(new char[0]);
        AuthenticateRequest login = AuthenticateRequest.newBuilder()
                .setName(name)
                .setPassword(new String(secret))
                .build();
        Arrays.fill(secret, '\0');
        return login;
    }

    private static Optional<String> token(AuthenticateResponse answer) {
        return Optional.of(answer.getToken());
    }

    /** The call that wanted the token was not sent. */
    private Throwable refused(Throwable failure) {
        return Failures.unwrap(failure) instanceof CallFailure call
                ? new CallFailure(call.status(), false, "logging in as '" + user.orElse("") + "' failed")
                : failure;
    }

    /**
     * Callers that wait for the log-in under way go on waiting for it. The next call that needs a token starts another
     * log-in.
     */
    void abandon() {
        CompletableFuture<Optional<String>> known = current.get();
        if (known != null && !known.isDone()) {
            current.compareAndSet(known, null);
        }
    }

    /** Drops the refused token, unless another one has replaced it meanwhile. */
    void forget(Optional<String> refused) {
        CompletableFuture<Optional<String>> known = current.get();
        if (known != null
                && known.isDone()
                && !known.isCompletedExceptionally()
                && known.join().equals(refused)) {
            current.compareAndSet(known, null);
        }
    }
}
