package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavadocTest {
    private static final Pattern EXAMPLE_IN_JAVADOC =
            Pattern.compile("<pre>\\{@code\n(.*?)\n *\\* ?}</pre>", Pattern.DOTALL);
    private static final Pattern EXAMPLE_IN_CODE =
            Pattern.compile("^ *// example\n(.*?)\n *// end$", Pattern.DOTALL | Pattern.MULTILINE);

    private static final Pattern RECORD = Pattern.compile(
            "/\\*\\*(?<comment>(?:(?!\\*/).)*)\\*/\\s*(?:public )?record \\w+(?:<\\w+>)?\\((?<components>[^)]*)\\)",
            Pattern.DOTALL);

    @TempDir
    Path classes;

    /** The findings of javac's doclint, references and missing comments included. */
    @Test
    void everyPublicMemberIsDocumentedWithoutErrors() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<Path> sources = new ArrayList<>(sources());
        sources.removeIf(source -> source.endsWith("module-info.java"));
        try (StandardJavaFileManager files = compiler.getStandardFileManager(found, Locale.ROOT, null)) {
            List<String> options =
                    List.of("-Xdoclint:all/protected", "-Xmaxwarns", "10000", "-proc:none", "-d", classes.toString());
            boolean compiled = compiler.getTask(
                            null, files, found, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(compiled).isTrue();
        }
        List<String> faults = new ArrayList<>();
        for (Diagnostic<? extends JavaFileObject> fault : found.getDiagnostics()) {
            if (!isAtCompactConstructor(fault)) {
                faults.add(fault.toString());
            }
        }
        assertThat(faults).isEmpty();
    }

    /** Doclint asks compact constructors for what belongs to the record, and the record for nothing. */
    @Test
    void everyComponentOfARecordIsDocumented() throws IOException {
        List<String> missing = new ArrayList<>();
        int records = 0;
        for (Path source : sources()) {
            Matcher record = RECORD.matcher(Files.readString(source));
            while (record.find()) {
                records++;
                for (String component :
                        record.group("components").replaceAll("<.*?>+", "").split(",", -1)) {
                    String name = component.strip().replaceAll(".*\\s", "");
                    if (!name.isEmpty() && !record.group("comment").contains("* @param " + name + " ")) {
                        missing.add(source.getFileName() + ": " + name);
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(records).isGreaterThan(20);
    }

    @Test
    void everyExampleCompiles() throws IOException {
        List<String> examples = new ArrayList<>();
        for (Path source : sources()) {
            Matcher example = EXAMPLE_IN_JAVADOC.matcher(Files.readString(source));
            while (example.find()) {
                examples.add(example.group(1).replaceAll("(?m)^ *\\* ?", "").stripIndent());
            }
        }
        List<String> compiled = new ArrayList<>();
        Matcher example =
                EXAMPLE_IN_CODE.matcher(Files.readString(Path.of("src/test/java/io/sereno/JavadocExamples.java")));
        while (example.find()) {
            compiled.add(example.group(1).stripIndent());
        }
        assertThat(examples).hasSizeGreaterThan(10).containsExactlyInAnyOrderElementsOf(compiled);
    }

    /**
     * A compact constructor has no parameters of its own to document, but doclint asks for them; the record says them.
     */
    private static boolean isAtCompactConstructor(Diagnostic<? extends JavaFileObject> fault) throws IOException {
        if (fault.getSource() == null) {
            return false;
        }
        String line = fault.getSource()
                .getCharContent(true)
                .toString()
                .lines()
                .skip(fault.getLineNumber() - 1)
                .findFirst()
                .orElse("");
        return line.matches(" *public \\w+ \\{")
                && fault.getMessage(Locale.ROOT).startsWith("no @param for ");
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            return sources.filter(source -> source.toString().endsWith(".java"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }
}
