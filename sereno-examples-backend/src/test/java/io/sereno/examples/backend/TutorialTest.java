package io.sereno.examples.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/write-a-backend.md} shows the code of the remote shelf as it is compiled here. */
class TutorialTest {
    @Test
    void theCodeOfTheRemoteShelfIsCompiled() throws IOException {
        String page = Files.readString(Path.of("../docs/write-a-backend.md"));
        int begin = page.indexOf("### A client that blocks");
        List<String> blocks = Pattern.compile("```java\n(.*?\n)```", Pattern.DOTALL)
                .matcher(page.substring(begin, page.indexOf("\n## ", begin)))
                .results()
                .map(block -> unindented(block.group(1)))
                .toList();
        String sources;
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            sources = files.filter(file -> file.toString().endsWith(".java"))
                    .map(TutorialTest::code)
                    .collect(Collectors.joining());
        }
        assertThat(blocks)
                .hasSizeGreaterThanOrEqualTo(3)
                .allSatisfy(block -> assertThat(sources).contains(block));
    }

    private static String code(Path file) {
        try {
            return unindented(Files.readString(file)) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }
}
