package io.sereno.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.ClientConfig;
import io.sereno.spi.Commit;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;

/** Runs commands in this JVM, on a store in memory, and sees what they print. */
final class MemoryUser implements AutoCloseable {
    private final String uri;
    /** Keeps the store while no command runs. */
    private final Backend store;

    private InputStream typed = InputStream.nullInputStream();
    private String out = "";
    private String err = "";

    MemoryUser(String name) {
        this.uri = "memory:/" + name;
        this.store = ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.schemes().contains("memory"))
                .findFirst()
                .orElseThrow()
                .open(ClientConfig.of("memory", List.of(), name));
    }

    Sereno client(String node) {
        return Sereno.builder().uri(uri).nodeId(node).connect();
    }

    /** As another program might. */
    void put(Commit commit) throws Exception {
        store.commit(commit).toCompletableFuture().get();
    }

    void types(String answer) {
        typed = new ByteArrayInputStream(answer.getBytes(UTF_8));
    }

    int run(String... arguments) {
        return runAt(uri, List.of(arguments));
    }

    int runAt(String at, List<String> arguments) {
        List<String> line = new ArrayList<>(arguments);
        line.addAll(List.of("--uri", at));
        PrintStream formerOut = System.out;
        PrintStream formerErr = System.err;
        InputStream formerIn = System.in;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, UTF_8));
        System.setErr(new PrintStream(said, true, UTF_8));
        System.setIn(typed);
        try {
            CommandLine command = Main.commandLine();
            command.setErr(new PrintWriter(said, true, UTF_8));
            return command.execute(line.toArray(String[]::new));
        } finally {
            System.setOut(formerOut);
            System.setErr(formerErr);
            System.setIn(formerIn);
            out = printed.toString(UTF_8);
            err = said.toString(UTF_8);
        }
    }

    String out() {
        return out;
    }

    String err() {
        return err;
    }

    @Override
    public void close() {
        store.close();
    }
}
