package io.sereno.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadmeTest {
    @Test
    void theReadmesExamplesAreCompiledHere() throws IOException {
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

    /** The README shows the twin of each example of the Go library: the whole body of its method. */
    @Test
    void everyTwinIsShown() throws IOException {
        String readme = unindented(Path.of("../README.md"));
        Matcher method = Pattern.compile("\\n    static [^{(]* (\\w+)\\([^{]*\\{\n(.*?)\n    }", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("src/main/java/io/sereno/examples/Twins.java")));
        List<String> shown = new ArrayList<>();
        while (method.find()) {
            shown.add(method.group(1));
            assertThat(readme).contains(unindented(method.group(2)));
        }
        assertThat(shown)
                .containsExactly("elect", "count", "parent", "child", "publish", "subscribe", "keepAlive", "nextId");
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }

    private static String unindented(Path file) {
        try {
            return unindented(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
