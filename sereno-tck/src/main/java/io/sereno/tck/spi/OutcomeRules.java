package io.sereno.tck.spi;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** How calls end, as far as no fault is needed. */
public class OutcomeRules {
    @Rule(
            value = "OUT-6a",
            check = "how failures of reads, watches and grants are classified; none of them has an unknown outcome")
    void readsWatchesAndGrantsAreNeverUnknown(Bench bench) {
        Client client = bench.client();
        client.close();
        Backend closed = client.backend();
        Map<String, Supplier<CompletionStage<?>>> calls = new LinkedHashMap<>();
        calls.put("read", () -> closed.read(new Query.All("d")));
        calls.put("watch", () -> closed.watch(new Target("d", Optional.empty()), new Notices(bench, "nobody")));
        calls.put("grant", () -> closed.grantLease(bench.longTtl()));
        calls.put("grant of nothing", () -> closed.grantLease(Duration.ZERO));
        calls.put(
                "grant of ages",
                () -> closed.grantLease(bench.guarantees().greatestTtl().multipliedBy(3)));
        calls.forEach((what, call) -> {
            CallResult<Object> ended = client.outcome(what, () -> call.get().thenApply(result -> result));
            bench.verify(
                    ended.isRefused() || ended.failedAs(Outcome.NOT_APPLIED),
                    () -> what + " on a closed backend ended as " + ended + "; NOT_APPLIED is expected");
        });
    }

    @Rule(value = "OUT-6b", check = "that arguments are checked first: a refused call must not reach the network")
    void aRefusedCallSendsNothing(Bench bench) {
        Client client = bench.client();
        client.put("d", "a", "1");
        List<Supplier<CompletionStage<?>>> refused = new ArrayList<>();
        int most = bench.guarantees().maxValueBytes();
        if (most <= 16 << 20) {
            Commit large =
                    Commit.to("d").put("a", Bytes.copyOf(new byte[most + 1])).build();
            refused.add(() -> client.backend().commit(large));
        }
        refused.add(() -> client.backend().grantLease(Duration.ZERO));
        refused.add(() -> client.backend().grantLease(Duration.ofSeconds(-1)));
        Duration ages = bench.guarantees().greatestTtl().plus(bench.guarantees().ttlGranularity());
        refused.add(() -> client.backend().grantLease(ages));
        for (Commit commit : tooLarge(bench.guarantees())) {
            refused.add(() -> client.backend().commit(commit));
        }
        for (Supplier<CompletionStage<?>> call : refused) {
            CallResult<Object> ended =
                    client.outcome("a bad argument", () -> call.get().thenApply(result -> result));
            bench.verify(ended.isRefused(), () -> "a bad argument ended as " + ended);
        }
        if (!bench.inProcess() && !bench.kit().endpoints().isEmpty()) {
            requireNoTraffic(bench);
        }
    }

    /** Exceeds each declared limit by one. */
    private static List<Commit> tooLarge(Guarantees guarantees) {
        List<Commit> commits = new ArrayList<>();
        if (guarantees.maxConditions() < 10_000) {
            Commit.Builder commit = Commit.to("d").put("a", Bytes.EMPTY);
            IntStream.rangeClosed(0, guarantees.maxConditions()).forEach(i -> commit.ifAbsent("c" + i));
            commits.add(commit.build());
        }
        if (guarantees.maxWrites() < 10_000) {
            Commit.Builder commit = Commit.to("d");
            IntStream.rangeClosed(0, guarantees.maxWrites()).forEach(i -> commit.put("w" + i, Bytes.EMPTY));
            commits.add(commit.build());
        }
        int value = guarantees.maxValueBytes();
        int values = guarantees.maxCommitBytes() / Math.max(1, value) + 1;
        if (guarantees.maxCommitBytes() <= 16 << 20 && values <= guarantees.maxWrites()) {
            Commit.Builder commit = Commit.to("d");
            Bytes large = Bytes.copyOf(new byte[value]);
            IntStream.range(0, values).forEach(i -> commit.put("v" + i, large));
            commits.add(commit.build());
        }
        return commits;
    }

    /** Nothing passes in either direction, so a refusal that still comes needed no network. */
    private static void requireNoTraffic(Bench bench) {
        Faulty faulty = bench.faulty();
        faulty.faults().cutOff();
        for (Duration ttl :
                List.of(Duration.ZERO, bench.guarantees().greatestTtl().multipliedBy(2))) {
            CallResult<Lease> ended = faulty.client()
                    .outcome("grant " + ttl, () -> faulty.client().backend().grantLease(ttl));
            bench.verify(ended.isRefused(), () -> "a ttl of " + ttl + ", with the network cut, ended as " + ended);
        }
        Commit large = Commit.to("d")
                .put("a", Bytes.copyOf(new byte[Math.min(bench.guarantees().maxValueBytes(), 64 << 20) + 1]))
                .build();
        CallResult<CommitResult> ended = faulty.client().outcome(large);
        bench.verify(
                bench.guarantees().maxValueBytes() > 64 << 20 || ended.isRefused(),
                () -> "a value that is too large, with the network cut, ended as " + ended);
        for (Commit commit : tooLarge(bench.guarantees())) {
            CallResult<CommitResult> refused = faulty.client().outcome(commit);
            bench.verify(
                    refused.isRefused(), () -> "a commit that is too large, with the network cut, ended as " + refused);
        }
        faulty.faults().heal();
    }

    @Rule(value = "OUT-6c", check = "one place that turns every failure of the client library into a BackendException")
    void failuresAreSerenos(Bench bench) {
        Client client = bench.client();
        Backend backend = client.backend();
        for (Method method : publicMethods(backend)) {
            List<Class<?>> types = new ArrayList<>(Arrays.asList(method.getParameterTypes()));
            types.add(method.getReturnType());
            for (Class<?> type : types) {
                bench.verify(
                        isOfTheSpi(type),
                        () -> "the backend's public method " + method
                                + " has a type that is neither Sereno's nor Java's");
            }
        }
        client.close();
        List<Supplier<CompletionStage<?>>> calls = List.of(
                () -> backend.read(new Query.All("d")),
                () -> backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()),
                () -> backend.grantLease(bench.longTtl()),
                () -> backend.watch(new Target("d", Optional.empty()), new Notices(bench, "nobody")));
        for (Supplier<CompletionStage<?>> call : calls) {
            CallResult<Object> ended =
                    client.outcome("a call after close", () -> call.get().thenApply(result -> result));
            bench.verify(ended.failure().isPresent(), () -> "a call after close failed with " + ended.thrown());
        }
    }

    /** Only of public classes: nobody can use the signatures of a hidden class. */
    private static List<Method> publicMethods(Backend backend) {
        return java.lang.reflect.Modifier.isPublic(backend.getClass().getModifiers())
                ? Arrays.stream(backend.getClass().getMethods())
                        .filter(method -> !method.isSynthetic())
                        .toList()
                : List.of();
    }

    private static boolean isOfTheSpi(Class<?> type) {
        Class<?> element = type;
        while (element.isArray()) {
            element = element.getComponentType();
        }
        return element.isPrimitive()
                || element.getName().startsWith("java.")
                || element.getName().startsWith("io.sereno.");
    }

    private static final String PASSWORD = "kit-swordfish-7";

    @Rule(
            value = "OUT-6d",
            check = "toString() and messages of everything that holds the URI, the user or the password")
    void noMessageShowsThePassword(Bench bench) {
        Backend backend;
        try {
            backend = bench.connect(config -> config.withCredentials("kit", PASSWORD));
        } catch (RuntimeException refused) {
            requireHidden(bench, "a refused connection", refused);
            return;
        }
        try (Backend open = backend) {
            bench.verify(
                    !String.valueOf(open).contains(PASSWORD), () -> "toString() of the backend shows the password");
            bench.verify(!open.guarantees().toString().contains(PASSWORD), () -> "guarantees() shows the password");
            CallResult<Snapshot> ended = bench.end(open.read(new Query.All("d")), bench.patience());
            requireHidden(bench, "a read", ended.thrown());
            CallResult<CommitResult> commit =
                    bench.end(open.commit(Commit.to("d").put("a", Bytes.EMPTY).build()), bench.patience());
            requireHidden(bench, "a commit", commit.thrown());
        }
    }

    private static void requireHidden(Bench bench, String what, @Nullable Throwable thrown) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            String message = each.toString();
            bench.verify(
                    !message.contains(PASSWORD), () -> "the failure of " + what + " shows the password: " + message);
        }
        bench.verified();
    }
}
