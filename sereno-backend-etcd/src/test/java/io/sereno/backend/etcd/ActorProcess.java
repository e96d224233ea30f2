package io.sereno.backend.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.EtcdServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A JVM with an {@link Actor}, behind a proxy of its own, and the facts that it has reported. */
final class ActorProcess implements AutoCloseable {
    /** {@code lock 4711 123456}: the kind, a number, and a time if there is one. */
    record Fact(ActorProcess by, String what, String detail, long time) {
        long number() {
            return Long.parseLong(detail);
        }
    }

    private static final long SOON_SECONDS = 60;

    private final FaultProxy proxy;
    private final Process process;
    private final Path errors;
    private final Thread reader;
    private final List<Fact> facts;

    private ActorProcess(FaultProxy proxy, Process process, Path errors, List<Fact> facts) {
        this.proxy = proxy;
        this.process = process;
        this.errors = errors;
        this.facts = facts;
        this.reader = new Thread(this::read, "facts of " + process.pid());
    }

    /** Adds its facts to this list, whose monitor guards it and is notified. */
    static ActorProcess start(EtcdServer etcd, String namespaceAndParameters, List<Fact> facts) throws IOException {
        FaultProxy proxy = FaultProxy.to(etcd.endpoint());
        Path errors = Files.createTempFile("sereno-etcd-actor", ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Actor.class.getName(),
                        "etcd://127.0.0.1:" + proxy.endpoint().getPort() + "/" + namespaceAndParameters)
                .redirectError(errors.toFile())
                .start();
        ActorProcess actor = new ActorProcess(proxy, process, errors, facts);
        actor.reader.start();
        return actor;
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 3);
                Fact fact = new Fact(this, words[0], words[1], words.length > 2 ? Long.parseLong(words[2]) : 0);
                synchronized (facts) {
                    facts.add(fact);
                    facts.notifyAll();
                }
            }
        } catch (IOException ended) {
            // The process was killed; the facts reported before are kept.
        }
    }

    FaultProxy proxy() {
        return proxy;
    }

    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("cannot send " + name + " to " + this);
        }
    }

    /** Waits until this many facts of a kind have been reported, not counting those before {@code from}. */
    static void awaitFacts(List<Fact> facts, int from, int count, Predicate<Fact> kind, String what)
            throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SOON_SECONDS);
        synchronized (facts) {
            while (facts.subList(from, facts.size()).stream().filter(kind).count() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("timed out waiting for " + what + "; the last: "
                            + facts.subList(Math.max(from, facts.size() - 20), facts.size()));
                }
                facts.wait(left);
            }
        }
    }

    /** Lets it end by itself; returns what it wrote to its standard error. */
    String end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(SOON_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError(this + " ended with an error; it wrote:\n" + Files.readString(errors));
        }
        reader.join();
        return Files.readString(errors);
    }

    /** Kills it as by {@code kill -KILL}. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        try {
            reader.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        proxy.close();
        Files.delete(errors);
    }

    @Override
    public String toString() {
        return "actor " + process.pid();
    }
}
