package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders for servers, below one temporary folder of this JVM that a shell removes when the JVM has ended. */
final class ServerFolder {
    private ServerFolder() {}

    /** Made with the first server. The guard is kept, since its pipe would be closed with the last reference to it. */
    private record Root(Path path, Process guard) {
        static final Root OF_THIS_JVM = create();

        private static Root create() {
            try {
                Path path = Files.createTempDirectory("sereno-servers-").toAbsolutePath();
                return new Root(
                        path,
                        SupervisedProcess.shell("guard", List.of(path.toString()))
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
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
}
