package io.sereno.site;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Javadoc of the published modules, as one set of pages. Some modules are modules of Java and some are plain jars, so the sources are read
 * as one class path: the packages that a module exports, or all of a plain jar.
 */
final class ApiDocs {
    private static final Pattern EXPORTED = Pattern.compile("exports ([\\w.]+);");
    private static final Pattern TYPE = Pattern.compile("\"p\":\"([\\w.]+)\",\"l\":\"([\\w.]+)\"");

    private final Path pages;

    private ApiDocs(Path pages) {
        this.pages = pages;
    }

    static ApiDocs write(Path root, Path pages) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "-quiet",
                "-notimestamp",
                "-encoding",
                "UTF-8",
                "-Xdoclint:none",
                // The build of each module has checked its sources and links; here a library of a backend may be
                // missing.
                "--ignore-source-errors",
                "-windowtitle",
                "Sereno",
                "-doctitle",
                "Sereno",
                "-classpath",
                System.getProperty("java.class.path"),
                "-d",
                pages.toString()));
        sources(root).forEach(source -> arguments.add(source.toString()));
        StringWriter output = new StringWriter();
        PrintWriter printer = new PrintWriter(output);
        int result = ToolProvider.findFirst("javadoc")
                .orElseThrow(() -> new IllegalStateException("this JDK has no javadoc"))
                .run(printer, printer, arguments.toArray(String[]::new));
        if (result != 0) {
            throw new IllegalStateException("javadoc failed:\n" + output);
        }
        return new ApiDocs(pages);
    }

    /** The files of all published packages. */
    private static List<Path> sources(Path root) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path module : modules(root)) {
            Path code = module.resolve("src/main/java");
            Path description = code.resolve("module-info.java");
            if (Files.exists(description)) {
                for (MatchResult exported : EXPORTED.matcher(Files.readString(description))
                        .results()
                        .toList()) {
                    addJava(sources, code.resolve(exported.group(1).replace('.', '/')), 1);
                }
            } else if (Files.isDirectory(code)) {
                addJava(sources, code, Integer.MAX_VALUE);
            }
        }
        return sources;
    }

    private static List<Path> modules(Path root) throws IOException {
        List<Path> published = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.sorted().toList()) {
                Path pom = module.resolve("pom.xml");
                if (Files.exists(pom) && !Files.readString(pom).contains("<maven.deploy.skip>true")) {
                    published.add(module);
                }
            }
        }
        return published;
    }

    private static void addJava(List<Path> sources, Path folder, int depth) throws IOException {
        try (Stream<Path> files = Files.walk(folder, depth)) {
            files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(sources::add);
        }
    }

    /** All documented types with their pages, by the index that Javadoc's own search uses. */
    Map<String, String> types() throws IOException {
        Map<String, String> types = new TreeMap<>();
        TYPE.matcher(Files.readString(pages.resolve("type-search-index.js")))
                .results()
                .forEach(type -> types.put(
                        type.group(1) + "." + type.group(2),
                        type.group(1).replace('.', '/') + "/" + type.group(2) + ".html"));
        return types;
    }

    /** The page of a source file, if its type or package is documented. */
    @Nullable
    String pageOf(Path file) {
        String name = file.toString().replace('\\', '/');
        int code = name.indexOf("/src/main/java/");
        if (code < 0) {
            return null;
        }
        String page = name.substring(code + "/src/main/java/".length())
                .replaceAll("package-info\\.java$", "package-summary.html")
                .replaceAll("\\.java$", ".html");
        return Files.exists(pages.resolve(page)) ? page : null;
    }
}
