package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "top",
        description = "Shows who holds and who waits, topics, members and sessions, and refreshes; Ctrl-C ends it.")
final class TopCommand implements Callable<Integer> {
    private static final String ENTER = "\u001b[?1049h\u001b[?25l";
    private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String REST_OF_LINE = "\u001b[K";
    private static final String REST_OF_SCREEN = "\u001b[J";

    @Mixin
    Store store = new Store();

    @Option(
            names = "--every",
            paramLabel = "TIME",
            defaultValue = "2s",
            description = "The pause between two readings of the store (2s).")
    Duration every = Duration.ofSeconds(2);

    @Option(
            names = "--count",
            paramLabel = "N",
            description =
                    "Ends after N readings. Without a terminal it prints each below the one before; 1 then, if not given.")
    @Nullable
    Integer count;

    @Override
    public Integer call() throws Exception {
        Refresh.check(every);
        boolean terminal = isTerminal();
        int most = count != null ? count : terminal ? Integer.MAX_VALUE : 1;
        if (most < 1) {
            throw new IllegalArgumentException("--count is " + most + "; 1 or more is accepted");
        }
        Signals signals = Signals.handle();
        boolean entered = false;
        try (Sereno sereno = store.connect()) {
            Refresh refresh = Refresh.begin(sereno, store.shown());
            if (terminal) {
                entered = true;
                System.out.print(ENTER);
            }
            draw(refresh, terminal);
            for (int i = 1; i < most && !System.out.checkError(); i++) {
                signals.pause(every);
                refresh.read();
                draw(refresh, terminal);
            }
            return Exit.OK;
        } catch (InterruptedException | SerenoException ended) {
            return signals.codeAfter(ended);
        } finally {
            if (entered) {
                System.out.print(LEAVE);
            }
        }
    }

    /** Whether standard output is a terminal; {@code System.console()} has another meaning from JDK 22 on. */
    private static boolean isTerminal() throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "test -t 1").inheritIO().start().waitFor() == 0;
    }

    private static void draw(Refresh refresh, boolean terminal) {
        int[] size = terminal ? size() : new int[] {Integer.MAX_VALUE, 500};
        boolean styled =
                terminal && System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
        List<String> lines =
                new Screen(size[1], size[0], styled).show(refresh.store(), refresh.last(), refresh.failure());
        StringBuilder frame = new StringBuilder();
        if (terminal) {
            frame.append(HOME)
                    .append(String.join(REST_OF_LINE + "\n", lines))
                    .append(REST_OF_LINE)
                    .append(REST_OF_SCREEN);
        } else {
            lines.forEach(line -> frame.append(line).append('\n'));
        }
        System.out.print(frame);
    }

    /** Rows and columns, as they are now: a window may have another size than at the last reading. */
    private static int[] size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectErrorStream(true)
                    .start();
            String[] words = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .strip()
                    .split(" ", -1);
            if (words.length == 2 && words[0].matches("[1-9]\\d{0,4}") && words[1].matches("[1-9]\\d{0,4}")) {
                return new int[] {Integer.parseInt(words[0]), Integer.parseInt(words[1])};
            }
        } catch (IOException noTerminal) {
            return new int[] {24, 80}; // What a terminal has that does not say.
        }
        return new int[] {24, 80};
    }
}
