package io.sereno.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Folders for servers, in one temporary folder of this JVM that a shell removes when the JVM has ended. */
final class ServerFolder {
    private ServerFolder() {}

    /**
     * Created with the first server. The guard is kept, since its pipe would be closed with the last reference to it.
     */
    private record Root(Path path, Process guard) {
        static final Root OF_THIS_JVM = create();

        private static Root create() {
            try {
                Path path = Files.createTempDirectory("sereno-servers-").toAbsolutePath();
                for (String script : List.of("guard.sh", "supervise.sh")) {
                    try (InputStream text = ServerFolder.class.getResourceAsStream(script)) {
                        Files.copy(Objects.requireNonNull(text, script), path.resolve(script));
                    }
                }
                Process guard = SupervisedProcess.shell(path.resolve("guard.sh"), List.of(path.toString()))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                return new Root(path, guard);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The folder of all folders of this JVM. */
    static Path root() {
        return Root.OF_THIS_JVM.path;
    }

    /** The shell script under which a server runs. */
    static Path supervisor() {
        return Root.OF_THIS_JVM.path.resolve("supervise.sh");
    }

    static Path create(String name) {
        try {
            return Files.createTempDirectory(Root.OF_THIS_JVM.path, name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> content = Files.walk(folder)) {
            for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the contents of the folder, except what is to be left. */
    static void deleteContent(Path folder, Predicate<Path> left) throws IOException {
        for (Path path : content(folder)) {
            if (!left.test(path)) {
                delete(path);
            }
        }
    }

    /**
     * Copies the contents of a folder, except what is to be left out, into another folder, which is created if
     * necessary.
     */
    static void copy(Path from, Path to, Predicate<Path> leftOut) throws IOException {
        Files.createDirectories(to);
        for (Path path : content(from)) {
            Path copy = to.resolve(path.getFileName());
            if (leftOut.test(path)) {
                continue;
            }
            Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES); // of a folder, only itself
            if (Files.isDirectory(path)) {
                copy(path, copy, leftOut);
            }
        }
    }

    private static List<Path> content(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.toList();
        }
    }
}
