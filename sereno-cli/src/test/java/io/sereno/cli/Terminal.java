package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A terminal of tmux, with a server of its own, in which one command runs. */
final class Terminal implements AutoCloseable {
    private final Path tmux;
    private final Path socket;
    private final Process drawn;

    private Terminal(Path tmux, Path folder, int columns, int rows, List<String> command) throws Exception {
        this.tmux = tmux;
        this.socket = folder.resolve("tmux");
        Path pipe = folder.resolve("drawn");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        // Ends with the terminal.
        this.drawn = new ProcessBuilder("sh", "-c", "exec cat < \"$0\"", pipe.toString()).start();
        String line = "exec "
                + String.join(" ", command.stream().map(Terminal::quoted).toList());
        // The command begins when all that it draws is heard of.
        String gate = "tmux -S " + quoted(socket.toString()) + " wait-for begin; " + line;
        tmux(
                "new-session",
                "-d",
                "-x",
                "" + columns,
                "-y",
                "" + rows,
                gate.replaceFirst("^tmux", quoted(tmux.toString())));
        tmux("pipe-pane", "cat >> " + quoted(pipe.toString()));
        tmux("wait-for", "-S", "begin");
    }

    /** The words of the command reach it as they are. */
    static Terminal run(Path tmux, Path folder, int columns, int rows, List<String> command) throws Exception {
        return new Terminal(tmux, folder, columns, rows, command);
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** What is on the screen, without the blanks at the end of lines. */
    String screen() throws Exception {
        return tmux("capture-pane", "-p");
    }

    /** The same with what makes it bold and red. */
    String styled() throws Exception {
        return tmux("capture-pane", "-p", "-e");
    }

    /** What tmux says about the terminal. */
    String is(String variable) throws Exception {
        return tmux("display-message", "-p", "#{" + variable + "}").strip();
    }

    void size(int columns, int rows) throws Exception {
        tmux("resize-window", "-x", "" + columns, "-y", "" + rows);
    }

    void press(String key) throws Exception {
        tmux("send-keys", key);
    }

    /** Looks at the screen each time that something is drawn. */
    String await(Predicate<String> condition) throws Exception {
        InputStream news = drawn.getInputStream();
        String screen = screen();
        while (!condition.test(screen)) {
            byte[] some = new byte[8_192];
            assertThat(news.read(some))
                    .as("nothing more is drawn after\n" + screen)
                    .isPositive();
            screen = screen();
        }
        return screen;
    }

    private String tmux(String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(tmux.toString(), "-u", "-f", "/dev/null", "-S", socket.toString()));
        line.addAll(List.of(arguments));
        Path error = Files.createTempFile(socket.getParent(), "tmux", ".err");
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(error.toFile());
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(() -> String.join(" ", arguments) + ": " + read(error))
                .isZero();
        return said;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    /** The server may have ended with the command. */
    @Override
    public void close() throws IOException {
        drawn.destroyForcibly();
        var unused = new ProcessBuilder(tmux.toString(), "-S", socket.toString(), "kill-server")
                .start()
                .onExit()
                .join();
    }
}
