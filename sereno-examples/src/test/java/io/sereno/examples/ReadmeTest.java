package io.sereno.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadmeTest {
    @Test
    void whatTheReadmeShowsIsCompiledHere() throws IOException {
        String sources;
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            sources = files.filter(Files::isRegularFile)
                    .map(ReadmeTest::unindented)
                    .collect(Collectors.joining("\n"));
        }
        Matcher block =
                Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(unindented(Path.of("../README.md")));
        int blocks = 0;
        while (block.find()) {
            assertThat(sources).contains(block.group(1));
            blocks++;
        }
        assertThat(blocks).isPositive();
    }

    private static String unindented(Path file) {
        try {
            return Files.readString(file).lines().map(String::strip).collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
