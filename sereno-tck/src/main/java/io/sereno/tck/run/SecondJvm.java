package io.sereno.tck.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.time.Crew;
import io.sereno.tck.time.MachineTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A client in a JVM of its own, which creates the fixture again. It reads, puts, grants a lease, reports that, and
 * waits for a line; then it closes, and its {@code main} returns. Nothing else makes it exit.
 */
public final class SecondJvm implements AutoCloseable {
    public static final String DIRECTORY = "second-jvm";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process process;
    private final Path errors;
    private final BufferedReader output;

    private SecondJvm(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    public static SecondJvm start(Bench bench, Duration ttl) {
        return start(bench, ttl, SecondJvm.class);
    }

    /** With another main class, which connects by {@link #connect}. */
    public static SecondJvm start(Bench bench, Duration ttl, Class<?> main) {
        Class<? extends SerenoTck> tck = bench.kit()
                .tck()
                .orElseThrow(() -> bench.unverified(
                        "a second JVM makes the fixture from the class of the kit, and there is none"));
        KitConfig config = bench.kit().config(bench.namespace());
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", "")),
                main.getName(),
                tck.getName(),
                config.namespace(),
                config.scheme(),
                Long.toString(ttl.toMillis())));
        config.endpoints()
                .forEach(endpoint -> command.add("endpoint=" + endpoint.getHostString() + ":" + endpoint.getPort()));
        config.parameters().forEach((name, value) -> command.add("parameter=" + name + "=" + value));
        try {
            Path errors = Files.createTempFile("sereno-tck-second-jvm", ".log");
            return bench.closeLater(new SecondJvm(
                    new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a second JVM", e);
        }
    }

    /** The next line that it prints. */
    public String says() {
        try {
            String line = output.readLine();
            if (line == null) {
                throw new RuleFailure("the second JVM ended without an answer; it wrote:\n" + Files.readString(errors));
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read from the second JVM", e);
        }
    }

    public void goOn() {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to the second JVM", e);
        }
    }

    public boolean exits(Duration atMost) {
        try {
            return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw Bench.interrupted(e);
        }
    }

    /** Kills it, as a power failure would. */
    public void kill() {
        process.destroyForcibly();
        exits(PATIENCE);
    }

    @Override
    public void close() {
        kill();
        try {
            Files.deleteIfExists(errors);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + errors, e);
        }
    }

    /**
     * What the kit's class gives, created again in the other JVM.
     *
     * @param fixture the backend
     * @param recipes to use with it
     */
    public record Made(BackendFixture fixture, Recipes recipes) {}

    /** Creates fixture and recipes from the class among the arguments. */
    public static Made made(String[] arguments) throws ReflectiveOperationException {
        Constructor<? extends SerenoTck> constructor =
                Class.forName(arguments[0]).asSubclass(SerenoTck.class).getDeclaredConstructor();
        // Test classes are rarely public.
        constructor.setAccessible(true);
        SerenoTck tck = constructor.newInstance();
        return new Made((BackendFixture) call(tck, "fixture"), (Recipes) call(tck, "recipes"));
    }

    /** Calls a method that only subclasses may call. */
    private static Object call(SerenoTck tck, String name) throws ReflectiveOperationException {
        Method method = SerenoTck.class.getDeclaredMethod(name);
        method.setAccessible(true);
        return method.invoke(tck);
    }

    /** A connection, set up by the arguments. */
    public static Backend connect(BackendFixture fixture, String[] arguments, TimeSource time, Executor executor)
            throws Exception {
        List<InetSocketAddress> endpoints = new ArrayList<>();
        Map<String, String> parameters = new HashMap<>();
        for (String argument : List.of(arguments).subList(4, arguments.length)) {
            String[] parts = argument.split("=", 3);
            if (parts[0].equals("endpoint")) {
                int colon = parts[1].lastIndexOf(':');
                endpoints.add(InetSocketAddress.createUnresolved(
                        parts[1].substring(0, colon), Integer.parseInt(parts[1].substring(colon + 1))));
            } else {
                parameters.put(parts[1], parts[2]);
            }
        }
        return fixture.connect(new KitConfig(
                arguments[2],
                endpoints,
                arguments[1],
                parameters,
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                time,
                executor));
    }

    /** The ttl among the arguments. */
    public static Duration ttl(String[] arguments) {
        return Duration.ofMillis(Long.parseLong(arguments[3]));
    }

    /**
     * Completes when the parent process has written a line. If the parent process ends, this process ends at once, even
     * in the middle of a call.
     */
    public static CompletableFuture<Void> line() {
        CompletableFuture<Void> line = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            line.complete(null);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException("cannot read from the parent process", e);
                    } finally {
                        Runtime.getRuntime().halt(1);
                    }
                },
                "starter");
        thread.setDaemon(true);
        thread.start();
        return line;
    }

    /** Runs in the other JVM. */
    public static void main(String[] arguments) throws Exception {
        CompletableFuture<Void> line = line();
        Backend backend = connect(made(arguments).fixture(), arguments, new MachineTime(), new Crew(false));
        String read = end(backend.read(new Query.One(DIRECTORY, "from the first"))).entries().stream()
                .findFirst()
                .map(entry -> entry.value().toUtf8() + " at " + entry.modRevision())
                .orElse("nothing");
        end(backend.watch(new Target(DIRECTORY, Optional.empty()), new Silent()));
        Lease lease = end(backend.grantLease(ttl(arguments)));
        end(backend.commit(Commit.to(DIRECTORY)
                .put("from the second", Bytes.utf8("second"))
                .put("leased by the second", Bytes.utf8("second"), lease.id())
                .build()));
        System.out.println("read " + read);
        line.get();
        end(backend.read(new Query.All(DIRECTORY)));
        backend.close();
        System.out.println("closed");
    }

    private static <T> T end(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static final class Silent implements io.sereno.spi.WatchListener {
        @Override
        public void changed(String name, long revision) {}

        @Override
        public void reset() {}
    }
}
