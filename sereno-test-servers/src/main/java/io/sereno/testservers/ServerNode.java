package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One server: a process with its ports and its folder. */
public abstract sealed class ServerNode implements TestServer
        permits EtcdServer, ZooKeeperServer, RedisServer, PostgresServer, PgBouncerNode, PrometheusServer {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(20);

    private enum State {
        RUNNING,
        PAUSED,
        GONE,
        CLOSED
    }

    private final String name;
    private final Path folder;
    private final Path kept;
    private final InetSocketAddress endpoint;

    private final ReentrantLock turn = new ReentrantLock();
    private volatile State state = State.GONE; // written under turn
    private volatile @Nullable SupervisedProcess process; // written under turn

    ServerNode(ServerPrograms.Store store, String name, int port) {
        ServerPrograms.ofThisProcess().require(store);
        this.name = name;
        this.folder = ServerFolder.create(name);
        this.kept = folder.resolve("kept");
        this.endpoint = FreePorts.address(port);
    }

    /** The command to run: the program itself, or one that execs it, so that signals reach it. */
    abstract List<String> command();

    /**
     * Whether this server, and not another program on its port, answers requests. An IOException counts as no and is
     * the reason.
     */
    abstract boolean answers() throws IOException;

    /** Called when the process has ended, before its folder is used or removed. */
    void ended() throws IOException, InterruptedException {}

    /** Its name in messages: {@code etcd}, or {@code etcd-2} in a group. */
    public final String name() {
        return name;
    }

    /** Where clients connect. */
    public final InetSocketAddress endpoint() {
        return endpoint;
    }

    @Override
    public final List<InetSocketAddress> endpoints() {
        return List.of(endpoint);
    }

    /** The server's process id, as {@code kill} takes it; changes with each restart. */
    public final long pid() {
        SupervisedProcess current = process;
        if (current == null || state == State.CLOSED) {
            throw new IllegalStateException(name + " is closed");
        }
        return current.pid();
    }

    /** Everything that the server printed since its first start. */
    public final Path log() {
        return folder.resolve("server.log");
    }

    /** For display: running, paused, gone or closed. */
    final String state() {
        SupervisedProcess current = process;
        boolean ended = current == null || !current.isAlive();
        return (ended && state != State.CLOSED ? State.GONE : state).name().toLowerCase(Locale.ROOT);
    }

    /** Whether it has a process and is not paused. */
    public final boolean isRunning() {
        SupervisedProcess current = process;
        return state == State.RUNNING && current != null && current.isAlive();
    }

    final Path folder() {
        return folder;
    }

    final int port() {
        return endpoint.getPort();
    }

    @Override
    public final void pause() {
        inTurn("pausing", () -> {
            if (!live().pause()) {
                throw new TestServerException(describe("cannot be paused, it ended"));
            }
            state = State.PAUSED;
        });
    }

    @Override
    public final void resume() {
        inTurn("resuming", () -> {
            if (!live().resume()) {
                throw new TestServerException(describe("cannot be resumed, it ended"));
            }
            state = State.RUNNING;
        });
    }

    @Override
    public final void kill() {
        inTurn("killing", this::end);
    }

    @Override
    public final void restart() {
        inTurn("restarting", () -> {
            launch();
            awaitAnswer();
        });
    }

    @Override
    public final void backup() {
        inTurn("backing up", () -> {
            boolean runs = isRunning();
            if (runs) {
                pause();
            }
            try {
                keep();
            } finally {
                if (runs) {
                    resume();
                }
            }
        });
    }

    @Override
    public final void restore() {
        inTurn("restoring", () -> {
            putBack();
            restart();
        });
    }

    /** Copies its data on disk. The server must not run meanwhile. */
    final void keep() {
        inTurn("copying the data of", () -> {
            ServerFolder.delete(kept);
            ServerFolder.copy(folder, kept, this::isOurs);
        });
    }

    /** Ends the server, and restores its folder from the copy. */
    final void putBack() {
        inTurn("putting back the data of", () -> {
            if (!Files.isDirectory(kept)) {
                throw new IllegalStateException(name + " has no backup; backup() makes one");
            }
            end();
            ServerFolder.deleteContent(folder, this::isOurs);
            ServerFolder.copy(kept, folder, path -> false);
        });
    }

    /** Whether it is the copy itself or the log of all starts. */
    private boolean isOurs(Path path) {
        return path.equals(kept) || path.equals(log());
    }

    @Override
    public final void close() {
        turn.lock();
        try {
            if (state != State.CLOSED) {
                kill();
                state = State.CLOSED;
                ServerFolder.delete(folder);
            }
        } finally {
            turn.unlock();
        }
    }

    /** Starts the process without waiting for it to answer; for groups, whose servers need each other to answer. */
    final void launch() {
        inTurn("starting", () -> {
            end();
            process = SupervisedProcess.start(command(), log());
            state = State.RUNNING;
        });
    }

    final void awaitAnswer() {
        await("answer", this::answers);
    }

    /** A condition that a server fulfils by itself; an IOException counts as no and is the reason. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException;
    }

    /** Waits until the condition holds; fails when this server ends, or at the time limit. */
    final void await(String what, Condition condition) {
        inTurn("waiting for", () -> {
            long deadline = System.nanoTime() + START_LIMIT.toNanos();
            IOException reason = null;
            do {
                try {
                    if (condition.holds()) {
                        return;
                    }
                } catch (IOException e) {
                    reason = e;
                }
            } while (!live().endsWithin(PROBE_INTERVAL) && System.nanoTime() - deadline < 0);
            String failure = describe("did not " + what
                    + (live().isAlive() ? " within " + START_LIMIT.toSeconds() + " s" : ", it ended"));
            if (logText().toLowerCase(Locale.ROOT).contains("address already in use")) {
                throw new PortTakenException(failure);
            }
            throw reason == null ? new TestServerException(failure) : new TestServerException(failure, reason);
        });
    }

    private void end() throws IOException, InterruptedException {
        SupervisedProcess current = process;
        if (current != null) {
            current.kill();
            ended();
        }
        state = State.GONE;
    }

    private SupervisedProcess live() {
        SupervisedProcess current = process;
        if (current == null || state == State.GONE) {
            throw new IllegalStateException(name + " is not running; restart() starts it");
        }
        return current;
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private void inTurn(String what, Step step) {
        turn.lock();
        try {
            if (state == State.CLOSED) {
                throw new IllegalStateException(name + " is closed");
            }
            step.run();
        } catch (InterruptedException e) {
            throw TestServerException.interrupted(what + " " + name);
        } catch (IOException e) {
            throw new TestServerException(what + " " + name + " failed", e);
        } finally {
            turn.unlock();
        }
    }

    private String describe(String what) {
        SupervisedProcess current = process;
        return this + " " + what
                + (current == null || current.isAlive() ? "" : " with status " + current.exitStatus())
                + "; its log ends with:\n"
                + logEnd();
    }

    final String logEnd() {
        List<String> lines = logText().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    private String logText() {
        try {
            return Files.exists(log()) ? Files.readString(log(), StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Name, process id and address. */
    @Override
    public final String toString() {
        SupervisedProcess current = process;
        return name + " (" + (current == null ? "" : "pid " + current.pid() + ", ") + authority() + ")";
    }
}
