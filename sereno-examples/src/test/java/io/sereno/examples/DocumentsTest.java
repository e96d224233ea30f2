package io.sereno.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The Java code of the README and of the guides is part of a file of this module, or of the starter for Spring Boot, so the build compiles
 * it, and tests run what does something.
 */
class DocumentsTest {
    private static final Path ROOT = Path.of("..");

    /** The code of the guide to Spring Boot runs on each of its lines. */
    private static final Path SPRING_BOOT =
            ROOT.resolve("sereno-spring-boot-starter/src/test/java/io/sereno/spring/boot/guide");

    @Test
    void theBuildCompilesTheJavaCode() throws IOException {
        List<String> sources = new ArrayList<>();
        for (Path folder : List.of(Path.of("src"), SPRING_BOOT)) {
            for (Path file : files(folder, ".java")) {
                sources.add("\n" + unindented(Files.readString(file)) + "\n");
            }
        }
        int blocks = 0;
        for (Path document : documents()) {
            Matcher block = Pattern.compile("```java(\n.*?\n)```", Pattern.DOTALL)
                    .matcher(unindented(Files.readString(document)));
            while (block.find()) {
                String code = block.group(1);
                assertThat(sources.stream().anyMatch(source -> source.contains(code)))
                        .as("%s: a file of the build has this code:%s", document, code)
                        .isTrue();
                blocks++;
            }
        }
        assertThat(blocks).isGreaterThan(30);
    }

    /** The README shows the twin of each example of the Go library: the whole body of its method. */
    @Test
    void everyTwinIsShown() throws IOException {
        String readme = unindented(Files.readString(ROOT.resolve("README.md")));
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

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(files(ROOT.resolve("docs/guides"), ".md"));
        assertThat(documents).isNotEmpty();
        documents.add(ROOT.resolve("README.md"));
        documents.add(ROOT.resolve("docs/connecting.md"));
        documents.add(ROOT.resolve("docs/test-your-application.md"));
        return documents;
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }
}
